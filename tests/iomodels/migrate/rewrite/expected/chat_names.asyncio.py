"""A chat with names: a dictionary of all, and no lock."""

import asyncio
import contextlib
import errno
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


class SharedWriter:
    """A client's writer that others' tasks write to as well. When its owner has closed it, it raises as a socket did."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._closed = False

    async def send(self, data: bytes) -> int:
        """Send all of it, and say how many bytes that was."""
        if self._closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if self._writer.is_closing():
            await self._writer.wait_closed()  # it raises what the connection was lost by
        self._writer.write(data)
        await self._writer.drain()
        return len(data)

    def get_extra_info(self, name: str) -> Any:
        return self._writer.get_extra_info(name)

    def close(self) -> None:
        """What has been begun is sent first."""
        self._closed = True
        self._writer.close()


async def attend_kept(
    kept: Sequence[Container[Any]], writer: SharedWriter, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """What fails with one client ends that one alone. Who is kept then stays open, as a socket that something held."""
    ended = False
    try:
        try:
            await handler(*args)
        except Exception:
            traceback.print_exc()
        ended = True
    finally:
        if not (ended and any(writer in each for each in kept)):
            writer.close()


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


async def share_client(
    accepted: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]],
) -> tuple[asyncio.StreamReader, SharedWriter, Any]:
    """A client whom others may write to, and its address."""
    reader, writer, address = await accepted
    return reader, SharedWriter(writer), address


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


class Chat:
    def __init__(self, port: int) -> None:
        self.server = socket.create_server(("127.0.0.1", port))
        self.members = {}

    def run(self) -> None:
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    reader, writer, addr = await share_client(accept_client(self.server))
                    tasks.create_task(attend_kept((self.members.values(),), writer, self.serve, reader, writer))

        asyncio.run(serve_clients())

    async def tell(self, text: bytes, but: bytes) -> int:
        told = 0
        for name, other in list(self.members.items()):
            if name != but:
                told += await other.send(text) == len(text)
        return told

    async def serve(self, reader: asyncio.StreamReader, writer: SharedWriter) -> None:
        name = (await reader.read(100)).strip()
        if not name or name in self.members:
            await writer.send(b"no\n")
            writer.close()
            return
        self.members[name] = writer
        await self.tell(b"* %s has come\n" % name, name)
        await writer.send(b"hello\n")
        try:
            while (data := await receive(reader, 4096)) != b"/bye":
                told = await self.tell(b"%s: %s" % (name, data), name)
                await writer.send(b"told %d\n" % told)
        finally:
            del self.members[name]
            writer.close()
        await self.tell(b"* %s has left\n" % name, name)


if __name__ == "__main__":
    Chat(int(sys.argv[1])).run()
