"""Comments stay, wherever they stand."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


async def send_all(writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    writer.write(data)
    await writer.drain()
    return len(data)


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


# the module's


async def handle(reader, writer):
    # before
    # how many
    data = await reader.read(100)
    # the reply
    # in capitals
    if await send_all(writer, data.upper()):
        pass
    writer.write(b"!")  # and a mark
    await writer.drain()
    # after


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        # for ever
        while True:  # really
            reader, writer, _ = await accept_client(listener)  # who, we do not ask
            # a thread
            # that serves
            # it need not be waited for
            tasks.create_task(attend(writer, handle, reader, writer))  # go


asyncio.run(serve_clients())
