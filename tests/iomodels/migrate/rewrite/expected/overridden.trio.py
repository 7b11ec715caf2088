"""A conversation whose steps are methods that subclasses override."""

import contextlib
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


class Conversation(object):
    def __init__(self, conn):
        self.conn = conn

    async def converse(self):
        while True:
            line = await self.read_line()
            if line is None:
                return
            await self.on_line(self.conn, line)

    async def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = await self.conn.receive_some(1)
            if not byte:
                return None
            line += byte
        return line

    async def on_line(self, conn, line):
        raise NotImplementedError


class Upper(Conversation):
    async def on_line(self, connection, line):
        await connection.send_all(line.upper())


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))

    def serve_forever(self):
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    conn, _ = await accept_client(self.listener)
                    conversation = Upper(conn)
                    tasks.start_soon(attend, conn, conversation.converse)

        trio.run(serve_clients)


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
