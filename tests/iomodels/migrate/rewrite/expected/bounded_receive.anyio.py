"""A select on one connection limits the receive behind it: who is silent is told so, and who stays silent is put out."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

IDLE = 0.5


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def receive_or_none(seconds: float, stream: anyio.abc.ByteStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with anyio.move_on_after(seconds):
        return await receive(stream, size)
    return None


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
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


async def serve(client):
    silent = 0
    try:
        while True:
            # nothing for a while is no error
            ready = await receive_or_none(IDLE, client, 4096)
            if ready is None:
                silent += 1
                if silent == 2:
                    break
                await client.send(b"?")
                continue
            data = ready
            if not data:
                break
            silent = 0
            await client.send(data.upper())
    except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        print("lost", error)
    await client.aclose()


async def greeting(client):
    """Its first bytes, or none when there are none in time."""
    if (came := await receive_or_none(IDLE, client, 1024)) is None:
        return b""
    return came


async def welcome(client):
    first = await greeting(client)
    await client.send(first.upper())
    await serve(client)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                client, address = await accept_client(listener)
                tasks.start_soon(attend, client, welcome, client)

    anyio.run(serve_clients)


if __name__ == "__main__":
    main()
