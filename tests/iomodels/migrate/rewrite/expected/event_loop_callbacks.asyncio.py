"""selectors, and what to call as the data; a connection's object registers itself, and changes what is called with its data."""

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


class Talk:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.outbox = bytearray()
        self.over = False
        self.state = self.first

    async def ready(self) -> None:
        while True:
            try:
                data = await receive(self.reader, 4096)
                self.over = not data
                self.state(data)
                if self.outbox:
                    self.writer.write(bytes(self.outbox))
                    await self.writer.drain()
                    self.outbox.clear()
            except ConnectionError:
                self.outbox.clear()
                self.over = True
            if self.over:
                self.writer.close()
                return

    def first(self, data: bytes) -> None:
        self.outbox += b"hello " + data
        self.state = self.later

    def later(self, data: bytes) -> None:
        self.outbox += data


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    talk = Talk(reader, writer)
    await talk.ready()


async def accept(listener: socket.socket, tasks) -> None:
    reader, writer, _ = await accept_client(listener)
    tasks.create_task(attend(writer, converse, reader, writer))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 8080))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await accept(listener, tasks)

    asyncio.run(serve_clients())


main()
