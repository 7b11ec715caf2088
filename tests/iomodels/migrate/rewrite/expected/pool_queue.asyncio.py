"""Connections go through a queue that holds two of them, with their addresses and their numbers, to three threads."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


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


async def work(jobs: asyncio.Queue, number: int) -> None:
    while True:
        count, reader, writer, addr = await jobs.get()
        try:
            if addr[0] != "127.0.0.1":
                writer.close()
                jobs.task_done()
                continue
            while chunk := await reader.read(4096):
                if chunk == b"fail":
                    raise ValueError(chunk)
                writer.write(b"%d by %d: %s" % (count, number, chunk.upper()))
                await writer.drain()
            jobs.task_done()
        finally:
            writer.close()


def main(port: int) -> None:
    jobs: asyncio.Queue = asyncio.Queue(maxsize=2)
    with socket.create_server(("127.0.0.1", port)) as listener:
        count = 0

        async def serve_clients() -> None:
            nonlocal count
            async with daemon_tasks() as tasks:
                for number in range(3):
                    tasks.create_task(attend_worker(work, jobs, number))
                while True:
                    reader, writer, addr = await accept_client(listener)
                    count += 1
                    await jobs.put((count, reader, writer, addr))

        asyncio.run(serve_clients())


if __name__ == "__main__":
    main(int(sys.argv[1]))
