"""epoll as it is often taught: a request is received, the reply is sent, and the connection shut, and closed when it hangs up."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

EOL1 = b"\n\n"
EOL2 = b"\n\r\n"
response = b"HTTP/1.0 200 OK\r\nDate: Mon, 1 Jan 1996 01:01:01 GMT\r\n"
response += b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
response += b"Hello, world!"

serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
serversocket.bind(("127.0.0.1", int(sys.argv[1])))
serversocket.listen(1)


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


try:

    async def converse(reader, writer):
        requests = b""
        while True:
            requests += await receive(reader, 1024)
            if EOL1 in requests or EOL2 in requests:
                print("-" * 40 + "\n" + requests.decode()[:-2], flush=True)
                # the reply comes next
                writer.write(response)
                await writer.drain()
                writer.write_eof()
                writer.close()
                return

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                reader, writer, address = await accept_client(serversocket)
                tasks.create_task(attend(writer, converse, reader, writer))

    asyncio.run(serve_clients())
finally:
    serversocket.close()
