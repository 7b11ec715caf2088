"""select with an object for each connection; what it owes is in a buffer, and too much of that stops its input."""

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


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.owed = bytearray()
        self.over = False

    def fileno(self) -> int:
        return self.writer.get_extra_info("socket").fileno()

    async def read(self) -> None:
        data = await receive(self.reader, 4096)
        if not data:
            self.over = True
        self.owed += data.upper()

    async def write(self) -> None:
        self.writer.write(bytes(self.owed))
        await self.writer.drain()
        self.owed.clear()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    peer = Peer(reader, writer)
    while True:
        try:
            await peer.read()
            if peer.owed:
                await peer.write()
        except OSError as error:
            print(f"lost: {error}")
            peer.owed.clear()
            peer.over = True
        if peer.over and not peer.owed:
            peer.writer.close()
            return


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 8080))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                try:
                    reader, writer, _ = await accept_client(listener)
                except ConnectionAbortedError:
                    pass
                else:
                    tasks.create_task(attend(writer, converse, reader, writer))

    asyncio.run(serve_clients())


main()
