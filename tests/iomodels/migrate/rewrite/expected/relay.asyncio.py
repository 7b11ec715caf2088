"""What comes in is passed on to another port, and back: two threads for each client, one of which the other waits for."""

import asyncio
import contextlib
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


async def alone(function: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in it ends it alone, as an exception ended its thread alone."""
    try:
        await function(*args)
    except Exception:
        traceback.print_exc()


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


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    loop = asyncio.get_running_loop()
    for *_, address in await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(*address[:2])
        except OSError as error:
            why = OSError(error.errno, os.strerror(error.errno)) if error.errno else TimeoutError("timed out")
        else:
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            return reader, writer
    raise why


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


async def pipe(reader, writer, sink_reader, sink_writer):
    try:
        while True:
            data = await reader.read(8192)
            if not data:
                break
            sink_writer.write(data)
            await sink_writer.drain()
    except OSError as why:
        print("lost", why)
    try:
        sink_writer.write_eof()
    except OSError:
        pass


async def handle(client_reader, client_writer, behind):
    try:
        reader, writer = await connect_to("127.0.0.1", behind, 5)
    except OSError as why:
        print("nobody", why)
        client_writer.close()
        return
    async with client_tasks() as tasks:
        tasks.create_task(alone(pipe, reader, writer, client_reader, client_writer))
        await pipe(client_reader, client_writer, reader, writer)
    client_writer.close()
    writer.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                reader, writer, _ = await accept_client(listener)
                tasks.create_task(attend(writer, handle, reader, writer, int(sys.argv[2])))

    asyncio.run(serve_clients())


if __name__ == "__main__":
    main()
