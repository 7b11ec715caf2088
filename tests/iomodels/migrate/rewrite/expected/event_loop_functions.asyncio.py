"""selectors as in the manual: the listener's data is None, a connection's its state; what both are passed on to gets the key."""

import asyncio
import contextlib
import socket
import traceback
import types
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


def begin():
    listener = socket.create_server(("127.0.0.1", 8080))
    return listener


async def converse(reader, writer, addr):
    state = types.SimpleNamespace(addr=addr, outb=b"", over=False)
    try:
        await serve(reader, writer, state)
    except OSError as error:
        print(state.addr, error)
        bye(reader, writer)


async def greet(listener, tasks):
    reader, writer, addr = await accept_client(listener)
    tasks.create_task(attend(writer, converse, reader, writer, addr))


def bye(reader, writer):
    writer.close()


async def serve(reader, writer, state):
    while True:
        data = await receive(reader, 1024)
        state.outb += data
        state.over = not data
        if state.outb:
            writer.write(state.outb)
            await writer.drain()
            state.outb = b""
        if state.over:
            bye(reader, writer)
            return


def loop(listener):
    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await greet(listener, tasks)

    asyncio.run(serve_clients())


listener = begin()
loop(listener)
