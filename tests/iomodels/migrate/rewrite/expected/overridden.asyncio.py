"""A conversation whose steps are methods that subclasses override."""

import asyncio
import contextlib
import socket
import sys
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


class Conversation(object):
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def converse(self):
        while True:
            line = await self.read_line()
            if line is None:
                return
            await self.on_line(self.reader, self.writer, line)

    async def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = await receive(self.reader, 1)
            if not byte:
                return None
            line += byte
        return line

    async def on_line(self, reader, writer, line):
        raise NotImplementedError


class Upper(Conversation):
    async def on_line(self, reader, writer, line):
        writer.write(line.upper())
        await writer.drain()


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))

    def serve_forever(self):
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    reader, writer, _ = await accept_client(self.listener)
                    conversation = Upper(reader, writer)
                    tasks.create_task(attend(writer, conversation.converse))

        asyncio.run(serve_clients())


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
