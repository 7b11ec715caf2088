"""selectors with an object in data, that asks its server to watch it, or to let it go; None is the listener's data."""

import contextlib
import socket
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


class Session:
    def __init__(self, server, sock):
        self.server = server
        self.sock = sock
        self.pending = b""
        self.ending = False

    async def handle(self):
        while True:
            await self.read()
            if self.pending:
                await self.write()
            if self.ending and not self.pending:
                await self.server.remove(self)
                return

    async def read(self):
        data = await self.sock.receive_some(4096)
        self.pending += data
        self.ending = not data

    async def write(self):
        await self.sock.send_all(self.pending)
        self.pending = b""


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))

    async def remove(self, session):
        await session.sock.aclose()

    def run(self):
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    sock, _ = await accept_client(self.listener)
                    tasks.start_soon(attend, sock, self.converse, sock)

        trio.run(serve_clients)

    async def converse(self, sock):
        session = Session(self, sock)
        await session.handle()


Server(8080).run()
