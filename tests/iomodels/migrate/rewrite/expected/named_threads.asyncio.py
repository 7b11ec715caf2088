"""Threads that are given names, and asked for them."""

import asyncio
import contextlib
import socket
import sys
import threading
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


class Server:
    def __init__(self, port):
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))

    def accept_clients(self):
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while not self.stopped.is_set():
                    reader, writer, address = await accept_client(self.listener)
                    name = "client-%s:%s" % address
                    tasks.create_task(attend(writer, self.serve, reader, writer), name=name)

        asyncio.run(serve_clients())

    async def serve(self, reader, writer):
        with contextlib.closing(writer):
            print(asyncio.current_task().get_name(), "came")
            while data := await reader.read(4096):
                writer.write(data.upper())
                await writer.drain()


if __name__ == "__main__":
    server = Server(int(sys.argv[1]))
    threading.Thread(target=server.accept_clients).start()
