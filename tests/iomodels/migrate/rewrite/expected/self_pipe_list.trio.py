"""select on a list that has everything in it, the pipe as well; an attribute ends the loop, from within the inner one."""

import contextlib
import logging
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

log = logging.getLogger(__name__)


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
    def __init__(self, host, port):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((host, port))
        self.server.listen(5)
        self.arrived = []

    def handle(self, signum, frame):
        self.arrived.append(signum)

    def run(self):
        signal.signal(signal.SIGTERM, self.handle)
        signal.signal(signal.SIGINT, self.handle)

        async def serve_clients() -> None:
            async with until_signal(self.arrived, signal.SIGTERM, signal.SIGINT), daemon_tasks() as tasks:
                while True:
                    conn, addr = await accept_client(self.server)
                    tasks.start_soon(attend, conn, self.converse, conn)

        trio.run(serve_clients)
        log.info("shutting down")
        self.server.close()

    async def converse(self, conn):
        while True:
            data = await conn.receive_some(1024)
            if not data:
                await conn.aclose()
                return
            await conn.send_all(data.upper())


if __name__ == "__main__":
    Server("127.0.0.1", int(sys.argv[1])).run()
