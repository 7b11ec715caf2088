"""A selector on the listener, the clients and a pair of sockets that Python writes to at a signal; a flag ends the loop."""

import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""

    async def wait(signals: AsyncIterator[int]) -> None:
        async for _ in signals:
            within.cancel_scope.cancel()

    with trio.open_signal_receiver(*numbers) as signals:
        try:
            async with trio.open_nursery() as within:
                within.start_soon(wait, signals)
                if arrived:
                    within.cancel_scope.cancel()
                yield
                within.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # what ended the loop


class Server:
    def __init__(self, port):
        self.arrived = []
        self.listener = socket.create_server(("127.0.0.1", port))

    def run(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.arrived.append(_[0]))

        async def serve_clients() -> None:
            async with until_signal(self.arrived, signal.SIGINT, signal.SIGTERM), daemon_tasks() as tasks:
                while True:
                    await self.accept(self.listener, tasks)

        trio.run(serve_clients)
        print("a signal", flush=True)
        self.listener.close()
        return 3

    async def accept(self, listener, tasks):
        connection, address = await accept_client(listener)
        tasks.start_soon(attend, connection, self.read, connection)

    async def read(self, sock):
        while True:
            data = await sock.receive_some(4096)
            if data:
                await sock.send_all(data.upper())
            else:
                await sock.aclose()
                return


sys.exit(Server(int(sys.argv[1])).run())
