"""Accepting, and starting a thread, in methods of their own; clients are kept, to be counted."""

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


class Server:
    def __init__(self, port):
        self.clients = {}
        self.sock = socket.create_server(("127.0.0.1", port), backlog=5)

    def run(self):
        try:
            async def serve_clients() -> None:
                async with daemon_tasks() as tasks:
                    while True:
                        await self.next_client(tasks)

            asyncio.run(serve_clients())
        except KeyboardInterrupt:
            print("bye")

    async def next_client(self, tasks):
        reader, writer, peer = await accept_client(self.sock)
        self.clients[peer] = writer
        self.start_client(reader, writer, peer, tasks)

    def start_client(self, reader, writer, peer, tasks):
        tasks.create_task(attend(writer, self.serve, reader, writer, peer))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer):
        try:
            while chunk := await reader.read(4096):
                writer.write(chunk.decode().upper().encode())
                await writer.drain()
        except (socket.error, UnicodeError):
            pass
        writer.close()
        del self.clients[peer]
        print(len(self.clients), "left")


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
