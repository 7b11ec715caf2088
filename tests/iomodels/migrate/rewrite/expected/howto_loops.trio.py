"""The loops of Python's HOWTO on sockets: one that sends what is left, and one that receives what is missing."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

LENGTH = 5


async def send_whole(stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send_all(data)
    return len(data)


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""


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


async def send_all(sock, message):
    sent_so_far = 0
    while sent_so_far < len(message):
        sent = await send_whole(sock, message[sent_so_far:])
        if sent == 0:
            raise RuntimeError("socket connection broken")
        sent_so_far = sent_so_far + sent


async def receive_all(sock):
    chunks = []
    received = 0
    while received < LENGTH:
        chunk = await receive(sock, min(LENGTH - received, 2048))
        if chunk == b"":
            raise RuntimeError("socket connection broken")
        chunks.append(chunk)
        received = received + len(chunk)
    return b"".join(chunks)


async def handle(sock):
    try:
        while True:
            await send_all(sock, (await receive_all(sock)).upper() * 50_000)
    except RuntimeError as error:
        await send_all(sock, b"%s\n" % str(error).encode())
    finally:
        await sock.aclose()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    async with client_tasks() as tasks:
        while True:
            client, address = await accept_client(server)
            tasks.start_soon(attend, client, handle, client)


trio.run(serve_clients)
