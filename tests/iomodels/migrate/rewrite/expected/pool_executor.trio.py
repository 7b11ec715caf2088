import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


async def attend_in_turn(
    turn: trio.Semaphore, stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with stream, turn:
            await handler(*args)
    except Exception:
        pass


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
async def client_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with trio.open_nursery() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended


class Server:
    def __init__(self, port):
        self.pool = trio.Semaphore(4)
        self.sock = socket.create_server(("127.0.0.1", port))

    def run(self):
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    conn, addr = await accept_client(self.sock)
                    tasks.start_soon(attend_in_turn, self.pool, conn, self.handle, conn, addr)

        trio.run(serve_clients)

    async def handle(self, conn, addr):
        async with conn:
            while chunk := await conn.receive_some(4096):
                await conn.send_all(chunk.upper())


async def echo(conn: trio.SocketStream) -> None:
    async with conn:
        while chunk := await conn.receive_some(4096):
            await conn.send_all(chunk.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        pool = trio.Semaphore(8)
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    conn, _ = await accept_client(listener)
                    tasks.start_soon(attend_in_turn, pool, conn, echo, conn)

        trio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
