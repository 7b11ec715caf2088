"""A select on one connection limits the receive behind it: who is silent is told so, and who stays silent is put out."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

IDLE = 0.5


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_or_none(seconds: float, reader: asyncio.StreamReader, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await receive(reader, size)
    except TimeoutError:
        if not limit.expired():
            raise  # the network's
    return None


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


async def serve(reader, writer):
    silent = 0
    try:
        while True:
            # nothing for a while is no error
            ready = await receive_or_none(IDLE, reader, 4096)
            if ready is None:
                silent += 1
                if silent == 2:
                    break
                writer.write(b"?")
                await writer.drain()
                continue
            data = ready
            if not data:
                break
            silent = 0
            writer.write(data.upper())
            await writer.drain()
    except OSError as error:
        print("lost", error)
    writer.close()


async def greeting(reader, writer):
    """Its first bytes, or none when there are none in time."""
    if (came := await receive_or_none(IDLE, reader, 1024)) is None:
        return b""
    return came


async def welcome(reader, writer):
    first = await greeting(reader, writer)
    writer.write(first.upper())
    await writer.drain()
    await serve(reader, writer)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                reader, writer, address = await accept_client(listener)
                tasks.create_task(attend(writer, welcome, reader, writer))

    asyncio.run(serve_clients())


if __name__ == "__main__":
    main()
