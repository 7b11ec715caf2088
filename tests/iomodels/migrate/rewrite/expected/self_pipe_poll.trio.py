"""epoll, by descriptors, and a pipe; at a signal the program exits from within the loop, with a status of its own."""

import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

arrived = []


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


def handler(signum, frame):
    arrived.append(signum)


signal.signal(signal.SIGTERM, handler)
signal.signal(signal.SIGINT, handler)

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)

try:

    async def converse(connection):
        while True:
            data = await connection.receive_some(1024)
            if data:
                await connection.send_all(data.upper())
            else:
                await connection.aclose()
                return

    async def serve_clients() -> None:
        async with until_signal(arrived, signal.SIGTERM, signal.SIGINT), daemon_tasks() as tasks:
            while True:
                connection, address = await accept_client(server)
                tasks.start_soon(attend, connection, converse, connection)

    trio.run(serve_clients)
    print("bye")
    sys.exit(2)
finally:
    server.close()
