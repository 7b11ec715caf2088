"""Threads that all accept: a function, made and started in one loop; some words of each client, and it may fail."""

import asyncio
import contextlib
import logging
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

WORKERS = 3
log = logging.getLogger(__name__)


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_within(seconds: float | None, reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    async with asyncio.timeout(seconds):
        return await receive(reader, size)


async def send_within(seconds: float | None, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError, and drops the connection, when it takes longer."""
    writer.write(data)
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()  # close would wait until the peer has taken the rest
        raise
    return len(data)


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


async def accept_in_turn(listener: Any, turn: asyncio.Lock) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """As accept_client, for several tasks on one listener: asyncio wakes only the last that waits for it."""
    async with turn:
        return await accept_client(listener)


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


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


async def work(listener, number, turn):
    served = 0
    while True:
        reader, writer, addr = await accept_in_turn(listener, turn)
        try:
            served += 1
            await talk(reader, writer, number, served)
        finally:
            writer.close()


async def talk(reader, writer, number, served):
    while data := await receive_within(20, reader, 4096):
        if data == b"fail":
            raise ValueError(f"{number}: client {served} asked for it")
        await send_within(20, writer, data.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                turn = asyncio.Lock()
                # as many as there may be clients
                # as long as one of them lives
                for number in range(WORKERS):
                    tasks.create_task(attend_worker(work, listener, number, turn))

        asyncio.run(serve_clients())
    log.info("nobody is left")


if __name__ == "__main__":
    main(int(sys.argv[1]))
