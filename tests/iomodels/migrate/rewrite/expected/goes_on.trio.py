"""A loop that goes on with a lost connection: a socket says end of input the second time, streams of two libraries raise for ever."""

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


async def handle(conn):
    alive = True
    while alive:
        try:
            data = await conn.receive_some(100)
            if not data:
                alive = False
        except socket.timeout:
            continue
        except (ConnectionError, trio.BrokenResourceError):
            alive = False
    while True:
        try:
            if not await conn.receive_some(100):
                break
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):  # refused by asyncio: IOM907, refused by anyio: IOM907
            print("lost")
    await conn.aclose()


def serve(listener: socket.socket):
    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            while True:
                conn, _ = await accept_client(listener)
                tasks.start_soon(attend, conn, handle, conn)

    trio.run(serve_clients)
