"""selectors, and what to call as the data; a connection's object registers itself, and changes what is called with its data."""

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


class Talk:
    def __init__(self, sock: trio.SocketStream) -> None:
        self.sock = sock
        self.outbox = bytearray()
        self.over = False
        self.state = self.first

    async def ready(self) -> None:
        while True:
            try:
                data = await self.sock.receive_some(4096)
                self.over = not data
                self.state(data)
                if self.outbox:
                    await self.sock.send_all(bytes(self.outbox))
                    self.outbox.clear()
            except (ConnectionError, trio.BrokenResourceError):
                self.outbox.clear()
                self.over = True
            if self.over:
                await self.sock.aclose()
                return

    def first(self, data: bytes) -> None:
        self.outbox += b"hello " + data
        self.state = self.later

    def later(self, data: bytes) -> None:
        self.outbox += data


async def converse(sock: trio.SocketStream) -> None:
    talk = Talk(sock)
    await talk.ready()


async def accept(listener: socket.socket, tasks) -> None:
    sock, _ = await accept_client(listener)
    tasks.start_soon(attend, sock, converse, sock)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 8080))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await accept(listener, tasks)

    trio.run(serve_clients)


main()
