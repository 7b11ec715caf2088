"""Accepting, and starting a thread, in methods of their own; clients are kept, to be counted."""

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


class Server:
    def __init__(self, port):
        self.clients = {}
        self.sock = socket.create_server(("127.0.0.1", port), backlog=5)

    def run(self):
        try:
            async def serve_clients() -> None:
                async with daemon_tasks() as tasks:
                    while True:
                        await self.next_client(tasks)

            trio.run(serve_clients)
        except KeyboardInterrupt:
            print("bye")

    async def next_client(self, tasks):
        conn, peer = await accept_client(self.sock)
        self.clients[peer] = conn
        self.start_client(conn, peer, tasks)

    def start_client(self, conn, peer, tasks):
        tasks.start_soon(attend, conn, self.serve, conn, peer)

    async def serve(self, conn: trio.SocketStream, peer):
        try:
            while chunk := await conn.receive_some(4096):
                await conn.send_all(chunk.decode().upper().encode())
        except (socket.error, UnicodeError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        await conn.aclose()
        del self.clients[peer]
        print(len(self.clients), "left")


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
