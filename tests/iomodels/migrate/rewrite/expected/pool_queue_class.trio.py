"""Workers that are Threads and keep the queue; connections alone are put, or what `accept` gives, as it is."""

import contextlib
import math
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


class ClientQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = trio.open_memory_channel[Any](maxsize if maxsize > 0 else math.inf)

    async def put(self, item: Any) -> None:
        await self._send.send(item)

    async def get(self) -> Any:
        return await self._receive.receive()


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


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


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""


async def receive_within(seconds: float, stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises trio.TooSlowError when there is nothing for so long."""
    with trio.fail_after(seconds):
        return await receive(stream, size)


async def send_within(seconds: float, stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises trio.TooSlowError when it takes longer."""
    with trio.fail_after(seconds):
        await stream.send_all(data)
    return len(data)


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
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
            await conn.send_all(b"hello")
            await conn.send_eof()
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
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

    trio.run(serve_clients)


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

    trio.run(serve_clients)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        greet(int(sys.argv[1]))
    else:
        main(int(sys.argv[1]))
