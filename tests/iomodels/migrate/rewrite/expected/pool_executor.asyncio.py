import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


async def attend_in_turn(
    turn: asyncio.Semaphore, writer: asyncio.StreamWriter, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with turn:
            await handler(*args)
    except Exception:
        pass
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
        self.pool = asyncio.Semaphore(4)
        self.sock = socket.create_server(("127.0.0.1", port))

    def run(self):
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    reader, writer, addr = await accept_client(self.sock)
                    tasks.create_task(attend_in_turn(self.pool, writer, self.handle, reader, writer, addr))

        asyncio.run(serve_clients())

    async def handle(self, reader, writer, addr):
        with contextlib.closing(writer):
            while chunk := await reader.read(4096):
                writer.write(chunk.upper())
                await writer.drain()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        while chunk := await reader.read(4096):
            writer.write(chunk.upper())
            await writer.drain()


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        pool = asyncio.Semaphore(8)
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    reader, writer, _ = await accept_client(listener)
                    tasks.create_task(attend_in_turn(pool, writer, echo, reader, writer))

        asyncio.run(serve_clients())


if __name__ == "__main__":
    main(int(sys.argv[1]))
