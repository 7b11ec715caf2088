"""selectors as in the best-known tutorial: what is received, echoed and closed is printed; both events are always watched."""

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


async def converse(reader, writer, addr):
    print(f"Accepted connection from {addr}")
    data = types.SimpleNamespace(addr=addr, inb=b"", outb=b"")
    await service_connection(reader, writer, data)


async def accept_wrapper(sock, tasks):
    reader, writer, addr = await accept_client(sock)
    tasks.create_task(attend(writer, converse, reader, writer, addr))


async def service_connection(reader, writer, data):
    while True:
        recv_data = await reader.read(1024)
        if recv_data:
            data.outb += recv_data
        else:
            print(f"Closing connection to {data.addr}")
            writer.close()
            return
        if data.outb:
            print(f"Echoing {data.outb!r} to {data.addr}")
            writer.write(data.outb)
            await writer.drain()
            data.outb = b""


host, port = "127.0.0.1", int(sys.argv[1])
lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
lsock.bind((host, port))
lsock.listen()
print(f"Listening on {(host, port)}")

try:
    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await accept_wrapper(lsock, tasks)

    asyncio.run(serve_clients())
except KeyboardInterrupt:
    print("Caught keyboard interrupt, exiting")
