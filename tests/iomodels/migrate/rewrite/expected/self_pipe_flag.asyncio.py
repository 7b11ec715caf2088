"""A selector and a pair of sockets; handlers are lambdas, a flag of the function ends the loop, `finally` closes."""

import asyncio
import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

arrived = []


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


async def converse(reader, writer):
    while True:
        data = await reader.read(4096)
        if data:
            writer.write(data.upper())
            await writer.drain()
        else:
            writer.close()
            return


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    signal.signal(signal.SIGTERM, lambda number, frame: arrived.append(number))
    signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        async def serve_clients() -> None:
            async with until_signal(arrived, signal.SIGTERM, signal.SIGINT), daemon_tasks() as tasks:
                while True:
                    reader, writer, address = await accept_client(listener)
                    tasks.create_task(attend(writer, converse, reader, writer))

        asyncio.run(serve_clients())
        print("stopping")
    finally:
        listener.close()
    print("stopped")


if __name__ == "__main__":
    main(int(sys.argv[1]))
