"""poll with masks by name, a table of descriptors, and a queue of replies for each connection, which asks for output then."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)


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


async def converse(reader, writer, client_address):
    print("  connection", client_address[0], file=sys.stderr)
    while True:
        # Handle inputs
        data = await reader.read(1024)
        if data:
            print("  received {!r} from {}".format(data, writer.get_extra_info("socket").getpeername()[0]), file=sys.stderr)
            next_msg = data.upper()
            print("  sending {!r} to {}".format(next_msg, writer.get_extra_info("socket").getpeername()[0]), file=sys.stderr)
            writer.write(next_msg)
            await writer.drain()
            print("  queue empty", file=sys.stderr)
        else:
            print("  closing", writer.get_extra_info("socket").getpeername()[0], file=sys.stderr)
            writer.close()
            return


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            # Handle inputs
            reader, writer, client_address = await accept_client(server)
            tasks.create_task(attend(writer, converse, reader, writer, client_address))


asyncio.run(serve_clients())
