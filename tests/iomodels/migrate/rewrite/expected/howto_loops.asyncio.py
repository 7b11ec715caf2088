"""The loops of Python's HOWTO on sockets: one that sends what is left, and one that receives what is missing."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

LENGTH = 5


async def send_whole(writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    writer.write(data)
    await writer.drain()
    return len(data)


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


async def send_all(reader, writer, message):
    sent_so_far = 0
    while sent_so_far < len(message):
        sent = await send_whole(writer, message[sent_so_far:])
        if sent == 0:
            raise RuntimeError("socket connection broken")
        sent_so_far = sent_so_far + sent


async def receive_all(reader, writer):
    chunks = []
    received = 0
    while received < LENGTH:
        chunk = await receive(reader, min(LENGTH - received, 2048))
        if chunk == b"":
            raise RuntimeError("socket connection broken")
        chunks.append(chunk)
        received = received + len(chunk)
    return b"".join(chunks)


async def handle(reader, writer):
    try:
        while True:
            await send_all(reader, writer, (await receive_all(reader, writer)).upper() * 50_000)
    except RuntimeError as error:
        await send_all(reader, writer, b"%s\n" % str(error).encode())
    finally:
        writer.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    async with client_tasks() as tasks:
        while True:
            reader, writer, address = await accept_client(server)
            tasks.create_task(attend(writer, handle, reader, writer))


asyncio.run(serve_clients())
