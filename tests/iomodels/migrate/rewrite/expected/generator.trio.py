"""Lines from a generator that receives."""

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


async def lines(conn: trio.SocketStream) -> AsyncIterator[bytes]:
    """The lines of a connection, each with its LF."""
    buffer = b""
    while data := await conn.receive_some(4096):
        *whole, buffer = (buffer + data).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if buffer:
        yield buffer


async def talk(conn: trio.SocketStream) -> None:
    async with conn:
        for number, line in enumerate([b"hello\n"]):
            await conn.send_all(line * (number + 1))
        async for line in lines(conn):
            await conn.send_all(line.upper())


def serve(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    conn, _ = await accept_client(listener)
                    tasks.start_soon(attend, conn, talk, conn)

        trio.run(serve_clients)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
