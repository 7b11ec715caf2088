"""selectors with an object in data, that asks its server to watch it, or to let it go; None is the listener's data."""

import asyncio
import contextlib
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def attend(writer: asyncio.StreamWriter, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        await handler(*args)
    except Exception:
        traceback.print_exc()
    finally:
        writer.close()


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


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


class Session:
    def __init__(self, server, reader, writer):
        self.server = server
        self.reader, self.writer = reader, writer
        self.pending = b""
        self.ending = False

    async def handle(self):
        while True:
            await self.read()
            if self.pending:
                await self.write()
            if self.ending and not self.pending:
                self.server.remove(self)
                return

    async def read(self):
        data = await receive(self.reader, 4096)
        self.pending += data
        self.ending = not data

    async def write(self):
        self.writer.write(self.pending)
        await self.writer.drain()
        self.pending = b""


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))

    def remove(self, session):
        session.writer.close()

    def run(self):
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    reader, writer, _ = await accept_client(self.listener)
                    tasks.create_task(attend(writer, self.converse, reader, writer))

        asyncio.run(serve_clients())

    async def converse(self, reader, writer):
        session = Session(self, reader, writer)
        await session.handle()


Server(8080).run()
