"""select with a buffer for each connection in a table; those that are owed something are looked for before each wait."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

BUFFER = 4096


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


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    outgoing = {}

    async def converse(reader, writer):
        outgoing[writer] = b""
        while True:
            try:
                data = await reader.read(BUFFER)
            except ConnectionResetError:
                data = b""
            if data:
                outgoing[writer] += data.upper()
            else:
                del outgoing[writer]
                writer.close()
                return
            if outgoing[writer]:
                try:
                    writer.write(outgoing[writer])
                    await writer.drain()
                except (BrokenPipeError, ConnectionResetError):
                    del outgoing[writer]
                    writer.close()
                    return
                outgoing[writer] = b""

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                reader, writer, _ = await accept_client(listener)
                tasks.create_task(attend(writer, converse, reader, writer))

    asyncio.run(serve_clients())


main(int(sys.argv[1]))
