"""Threads that all accept: a subclass, and threads with names, both made first, and started in a second loop."""

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


async def accept_in_turn(listener: Any, turn: asyncio.Lock) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """As accept_client, for several tasks on one listener: asyncio wakes only the last that waits for it."""
    async with turn:
        return await accept_client(listener)


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


class Acceptor:
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener

    async def run(self, turn) -> None:
        for _ in range(1000):
            self.reader, self.writer, self.addr = await accept_in_turn(self.listener, turn)
            try:
                if self.addr[0] != "127.0.0.1":
                    self.writer.close()
                    continue
                await self.serve()
            finally:
                self.writer.close()

    async def serve(self) -> None:
        while chunk := await self.reader.read(4096):
            self.writer.write(chunk.upper())
            await self.writer.drain()
        self.writer.close()


async def named(listener: socket.socket, turn) -> None:
    while True:
        reader, writer, _ = await accept_in_turn(listener, turn)
        with contextlib.closing(writer):
            writer.write(asyncio.current_task().get_name().encode())
            await writer.drain()


def by_name(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = asyncio.Lock()
            for i in range(2):
                tasks.create_task(attend_worker(named, listener, turn), name=f"worker {i + 1}")

    asyncio.run(serve_clients())


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = asyncio.Lock()
            for _ in range(4):
                tasks.create_task(attend_worker(Acceptor(listener).run, turn))

    asyncio.run(serve_clients())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        by_name(int(sys.argv[1]))
    else:
        main()
