"""A chat room: a thread for each guest, a list of them all, and a lock that is held while somebody is heard."""

import asyncio
import contextlib
import errno
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any

guests = []
guests_lock = asyncio.Lock()


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


async def tell(text, but_reader, but_writer):
    async with guests_lock:
        for guest in guests:
            if guest != but_writer:
                try:
                    await guest.send(text)
                except ConnectionError:
                    print("lost one", flush=True)
                except OSError:
                    print("one has left", flush=True)


async def listen_to(reader, writer, addr):
    await writer.send(b"welcome\n")
    while True:
        data = await reader.read(1024)
        if not data:
            break
        if data.startswith(b"/number "):
            int(data[8:])  # where that is none, nobody is heard any more, and still hears
        await tell(data, reader, writer)
    async with guests_lock:
        if writer in guests:
            guests.remove(writer)
    writer.close()


def main(port):
    server = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            while True:
                reader, writer, addr = await share_client(accept_client(server))
                async with guests_lock:
                    guests.append(writer)
                tasks.create_task(attend_kept((guests,), writer, listen_to, reader, writer, addr))

    asyncio.run(serve_clients())


if __name__ == "__main__":
    main(int(sys.argv[1]))
