"""A thread for each client, and how many there are, told whenever one comes."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with anyio.create_task_group() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended


async def serve(conn):
    async with conn:
        while data := await receive(conn, 4096):
            await conn.send(data.upper())


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            while True:
                conn, address = await accept_client(listener)
                tasks.start_soon(attend, conn, serve, conn)
                print("clients:", len(anyio.get_running_tasks()) - 1, flush=True)

    anyio.run(serve_clients)


main()
