"""Workers that are Threads and keep the queue; connections alone are put, or what `accept` gives, as it is."""

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


class ClientQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[Any](maxsize if maxsize > 0 else math.inf)

    async def put(self, item: Any) -> None:
        await self._send.send(item)

    async def get(self) -> Any:
        return await self._receive.receive()


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


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


clients = ClientQueue()


class Worker:
    def __init__(self, jobs):
        self.jobs = jobs

    async def run(self):
        while True:
            conn = await self.jobs.get()
            async with conn:
                await self.serve(conn)

    async def serve(self, conn):
        while chunk := await receive_within(20, conn, 4096):
            await send_within(20, conn, chunk.upper())


async def say_hello():
    while True:
        try:
            conn, addr = await clients.get()
            await conn.send(b"hello")
            await conn.send_eof()
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            continue
        finally:
            await conn.aclose()


def greet(port):
    listener = socket.create_server(("127.0.0.1", port))
    print("ready")

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            for _ in range(2):
                tasks.start_soon(attend_worker, say_hello)
            while True:
                await clients.put(await accept_client(listener))

    anyio.run(serve_clients)


def main(port):
    jobs = ClientQueue(4)
    listener = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            for _ in range(4):
                tasks.start_soon(attend_worker, Worker(jobs).run)
            while True:
                conn, _ = await accept_client(listener)
                await jobs.put(conn)

    anyio.run(serve_clients)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        greet(int(sys.argv[1]))
    else:
        main(int(sys.argv[1]))
