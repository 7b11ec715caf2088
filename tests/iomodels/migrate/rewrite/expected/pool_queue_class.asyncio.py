"""Workers that are Threads and keep the queue; connections alone are put, or what `accept` gives, as it is."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

clients = asyncio.Queue()


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    async with asyncio.TaskGroup() as tasks:
        try:
            yield tasks
        except Exception as error:
            ended = error
    if ended is not None:
        raise ended


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_within(seconds: float | None, reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    async with asyncio.timeout(seconds):
        return await receive(reader, size)


async def send_within(seconds: float | None, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError, and drops the connection, when it takes longer."""
    writer.write(data)
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()  # close would wait until the peer has taken the rest
        raise
    return len(data)


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    before = asyncio.all_tasks()
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            for task in asyncio.all_tasks() - before:
                task.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Worker:
    def __init__(self, jobs):
        self.jobs = jobs

    async def run(self):
        while True:
            reader, writer = await self.jobs.get()
            with contextlib.closing(writer):
                await self.serve(reader, writer)

    async def serve(self, reader, writer):
        while chunk := await receive_within(20, reader, 4096):
            await send_within(20, writer, chunk.upper())


async def say_hello():
    while True:
        try:
            reader, writer, addr = await clients.get()
            writer.write(b"hello")
            await writer.drain()
            writer.write_eof()
        except OSError:
            continue
        finally:
            writer.close()


def greet(port):
    listener = socket.create_server(("127.0.0.1", port))
    print("ready")

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            for _ in range(2):
                tasks.create_task(attend_worker(say_hello))
            while True:
                await clients.put(await accept_client(listener))

    asyncio.run(serve_clients())


def main(port):
    jobs = asyncio.Queue(4)
    listener = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            for _ in range(4):
                tasks.create_task(attend_worker(Worker(jobs).run))
            while True:
                reader, writer, _ = await accept_client(listener)
                await jobs.put((reader, writer))

    asyncio.run(serve_clients())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        greet(int(sys.argv[1]))
    else:
        main(int(sys.argv[1]))
