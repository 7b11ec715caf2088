"""Threads that all accept: a function, made and started in one loop; some words of each client, and it may fail."""

import contextlib
import logging
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

WORKERS = 3
log = logging.getLogger(__name__)


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def receive_within(seconds: float | None, stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    with anyio.fail_after(seconds):
        return await receive(stream, size)


async def send_within(seconds: float | None, stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError when it takes longer."""
    with anyio.fail_after(seconds):
        await stream.send(data)
    return len(data)


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


async def accept_in_turn(listener: Any, turn: anyio.Lock) -> tuple[anyio.abc.ByteStream, Any]:
    """As accept_client, for several tasks on one listener: anyio lets one task alone wait for it."""
    async with turn:
        return await accept_client(listener)


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


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


async def work(listener, number, turn):
    served = 0
    while True:
        conn, addr = await accept_in_turn(listener, turn)
        try:
            served += 1
            await talk(conn, number, served)
        finally:
            await conn.aclose()


async def talk(conn, number, served):
    while data := await receive_within(20, conn, 4096):
        if data == b"fail":
            raise ValueError(f"{number}: client {served} asked for it")
        await send_within(20, conn, data.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                turn = anyio.Lock()
                # as many as there may be clients
                # as long as one of them lives
                for number in range(WORKERS):
                    tasks.start_soon(attend_worker, work, listener, number, turn)

        anyio.run(serve_clients)
    log.info("nobody is left")


if __name__ == "__main__":
    main(int(sys.argv[1]))
