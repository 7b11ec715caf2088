"""selectors, each connection always watched for both events: it is closed where its input ends, and then what is owed is sent."""

import asyncio
import contextlib
import socket
import sys
import traceback
import types
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


async def converse(reader, writer, peer):
    print("hello", peer[0])
    await turn(reader, writer, types.SimpleNamespace(peer=peer, owed=b""))


async def welcome(listener, tasks):
    reader, writer, peer = await accept_client(listener)
    tasks.create_task(attend(writer, converse, reader, writer, peer))


async def turn(reader, writer, state):
    while True:
        received = await reader.read(1024)
        if received:
            state.owed += received.upper()
        else:
            print("goodbye", state.peer[0])
            writer.close()
            return
        if state.owed:
            writer.write(state.owed)
            await writer.drain()
            state.owed = b""


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    try:
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    await welcome(listener, tasks)

        asyncio.run(serve_clients())
    except KeyboardInterrupt:
        print("interrupted")


main(int(sys.argv[1]))
