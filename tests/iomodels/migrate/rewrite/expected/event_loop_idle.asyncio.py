"""A class; its loop wakes up each second for something else, and ends when it is told to."""

import asyncio
import contextlib
import socket
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


async def accept_within(seconds: float | None, listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address. Raises TimeoutError when nobody comes; then nobody is lost either."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        ready = asyncio.Event()
        loop.add_reader(listener, ready.set)
        try:
            async with asyncio.timeout(seconds):  # round the wait alone: sock_accept, cancelled late, forgets a client
                await ready.wait()
        finally:
            loop.remove_reader(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        client.setblocking(False)
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
        self.listener = socket.create_server(("127.0.0.1", port))
        self.seen = {}
        self.done = False

    def report(self):
        quiet = [client for client, count in self.seen.items() if not count]
        print(len(self.seen), "clients,", len(quiet), "of them quiet")

    def run(self):
        self.listener.settimeout(1.0)

        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while not self.done:
                    try:
                        reader, writer, _ = await accept_within(1.0, self.listener)
                    except TimeoutError:
                        pass
                    else:
                        tasks.create_task(attend(writer, self.converse, reader, writer))
                    self.report()

        asyncio.run(serve_clients())
        self.listener.close()

    async def converse(self, reader, writer):
        self.seen[writer] = 0
        await self.serve(reader, writer)

    async def serve(self, reader, writer):
        while True:
            data = await reader.read(4096)
            if not data:
                del self.seen[writer]
                writer.close()
                return
            writer.write(data)
            await writer.drain()
            self.seen[writer] += 1


Server(8080).run()
