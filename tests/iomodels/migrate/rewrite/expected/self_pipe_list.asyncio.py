"""select on a list that has everything in it, the pipe as well; an attribute ends the loop, from within the inner one."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

log = logging.getLogger(__name__)


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


@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    handlers = {number: signal.getsignal(number) for number in numbers}
    ended = False

    def end() -> None:
        nonlocal ended
        if not ended:
            ended = task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, end)
    if arrived:
        end()
    try:
        yield
    except asyncio.CancelledError:
        if not ended or task.uncancel():
            raise
    finally:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # without a handler, a second signal would kill
        for number, handler in handlers.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Server:
    def __init__(self, host, port):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((host, port))
        self.server.listen(5)
        self.arrived = []

    def handle(self, signum, frame):
        self.arrived.append(signum)

    def run(self):
        signal.signal(signal.SIGTERM, self.handle)
        signal.signal(signal.SIGINT, self.handle)

        async def serve_clients() -> None:
            async with until_signal(self.arrived, signal.SIGTERM, signal.SIGINT), daemon_tasks() as tasks:
                while True:
                    reader, writer, addr = await accept_client(self.server)
                    tasks.create_task(attend(writer, self.converse, reader, writer))

        asyncio.run(serve_clients())
        log.info("shutting down")
        self.server.close()

    async def converse(self, reader, writer):
        while True:
            data = await reader.read(1024)
            if not data:
                writer.close()
                return
            writer.write(data.upper())
            await writer.drain()


if __name__ == "__main__":
    Server("127.0.0.1", int(sys.argv[1])).run()
