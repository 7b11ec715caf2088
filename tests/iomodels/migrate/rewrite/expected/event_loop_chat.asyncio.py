"""A chat on select as a well-known tutorial has it: headers with lengths, and no socket is ever closed by name."""

import asyncio
import contextlib
import errno
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any

HEADER_LENGTH = 10

server_socket = socket.create_server(("127.0.0.1", int(sys.argv[1])))
clients = {}


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
    """What fails with one client ends the server. Who is kept at its end stays open, as a socket that something held."""
    ended = False
    try:
        await handler(*args)
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


async def receive_message(reader, writer):
    try:
        message_header = await receive(reader, HEADER_LENGTH)
        if not len(message_header):
            return False
        message_length = int(message_header.decode("utf-8").strip())
        return {"header": message_header, "data": await receive(reader, message_length)}
    except Exception:
        return False


turn = asyncio.Lock()  # one client's turn at a time, as in the loop


async def converse(reader, writer, client_address):
    user = await receive_message(reader, writer)
    async with turn:
        if user is False:
            writer.close()
            return
        clients[writer] = user
        print("accepted", client_address, user["data"].decode("utf-8"))
    while True:
        message = await receive_message(reader, writer)
        async with turn:
            if message is False:
                print("closed by", clients[writer]["data"].decode("utf-8"))
                del clients[writer]
                writer.close()
                return
            user = clients[writer]
            print("received from", user["data"].decode("utf-8"))
            for other_client_socket in clients:
                if other_client_socket != writer:
                    await other_client_socket.send(user["header"] + user["data"] + message["header"] + message["data"])


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            reader, writer, client_address = await share_client(accept_client(server_socket))
            tasks.create_task(attend_kept((clients,), writer, converse, reader, writer, client_address))


asyncio.run(serve_clients())
