"""Connections go through a queue that holds two of them, with their addresses and their numbers, to three threads."""

import contextlib
import math
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


class CountedQueue:
    """A queue for tasks: first in, first out; who puts waits while there are maxsize items in it, if that is above 0."""

    def __init__(self, maxsize: int = 0) -> None:
        self._send, self._receive = trio.open_memory_channel[Any](maxsize if maxsize > 0 else math.inf)
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
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
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
            while chunk := await conn.receive_some(4096):
                if chunk == b"fail":
                    raise ValueError(chunk)
                await conn.send_all(b"%d by %d: %s" % (count, number, chunk.upper()))
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

        trio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
