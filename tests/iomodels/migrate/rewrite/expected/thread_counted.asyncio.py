"""A thread for each client, and how many there are, told whenever one comes."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


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


async def serve(reader, writer):
    with contextlib.closing(writer):
        while data := await reader.read(4096):
            writer.write(data.upper())
            await writer.drain()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            while True:
                reader, writer, address = await accept_client(listener)
                tasks.create_task(attend(writer, serve, reader, writer))
                print("clients:", len(asyncio.all_tasks()) - 1, flush=True)

    asyncio.run(serve_clients())


main()
