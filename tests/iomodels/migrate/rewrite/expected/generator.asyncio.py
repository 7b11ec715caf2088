"""Lines from a generator that receives."""

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


async def lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """The lines of a connection, each with its LF."""
    buffer = b""
    while data := await receive(reader, 4096):
        *whole, buffer = (buffer + data).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if buffer:
        yield buffer


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        for number, line in enumerate([b"hello\n"]):
            writer.write(line * (number + 1))
            await writer.drain()
        async for line in lines(reader, writer):
            writer.write(line.upper())
            await writer.drain()


def serve(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    reader, writer, _ = await accept_client(listener)
                    tasks.create_task(attend(writer, talk, reader, writer))

        asyncio.run(serve_clients())


if __name__ == "__main__":
    serve(int(sys.argv[1]))
