"""Connections go through a queue that holds two of them, with their addresses and their numbers, to three threads."""

import contextlib
import math
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


class CountedQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[Any](maxsize if maxsize > 0 else math.inf)
        self._unfinished = 0

    async def put(self, item: Any) -> None:
        self._unfinished += 1  # before it: who gets it may have done it before this goes on
        await self._send.send(item)

    async def get(self) -> Any:
        return await self._receive.receive()

    def task_done(self) -> None:
        if not self._unfinished:
            raise ValueError("task_done() called too many times")
        self._unfinished -= 1


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


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


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


async def work(jobs: CountedQueue, number: int) -> None:
    while True:
        count, conn, addr = await jobs.get()
        try:
            if addr[0] != "127.0.0.1":
                await conn.aclose()
                jobs.task_done()
                continue
            while chunk := await receive(conn, 4096):
                if chunk == b"fail":
                    raise ValueError(chunk)
                await conn.send(b"%d by %d: %s" % (count, number, chunk.upper()))
            jobs.task_done()
        finally:
            await conn.aclose()


def main(port: int) -> None:
    jobs: CountedQueue = CountedQueue(maxsize=2)
    with socket.create_server(("127.0.0.1", port)) as listener:
        count = 0

        async def serve_clients() -> None:
            nonlocal count
            async with daemon_tasks() as tasks:
                for number in range(3):
                    tasks.start_soon(attend_worker, work, jobs, number)
                while True:
                    conn, addr = await accept_client(listener)
                    count += 1
                    await jobs.put((count, conn, addr))

        anyio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
