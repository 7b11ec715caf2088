"""select with an object for each connection; what it owes is in a buffer, and too much of that stops its input."""

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


class Peer:
    def __init__(self, sock: trio.SocketStream) -> None:
        self.sock = sock
        self.owed = bytearray()
        self.over = False

    def fileno(self) -> int:
        return self.sock.socket.fileno()

    async def read(self) -> None:
        data = await self.sock.receive_some(4096)
        if not data:
            self.over = True
        self.owed += data.upper()

    async def write(self) -> None:
        await self.sock.send_all(bytes(self.owed))
        self.owed.clear()


async def converse(sock: trio.SocketStream) -> None:
    peer = Peer(sock)
    while True:
        try:
            await peer.read()
            if peer.owed:
                await peer.write()
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
            print(f"lost: {error}")
            peer.owed.clear()
            peer.over = True
        if peer.over and not peer.owed:
            await peer.sock.aclose()
            return


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 8080))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                try:
                    sock, _ = await accept_client(listener)
                except ConnectionAbortedError:
                    pass
                else:
                    tasks.start_soon(attend, sock, converse, sock)

    trio.run(serve_clients)


main()
