import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def attend_in_turn(
    turn: anyio.Semaphore, stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with stream, turn:
            await handler(*args)
    except Exception:
        pass


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with anyio.create_task_group() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended


class Server:
    def __init__(self, port):
        self.pool = anyio.Semaphore(4)
        self.sock = socket.create_server(("127.0.0.1", port))

    def run(self):
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    conn, addr = await accept_client(self.sock)
                    tasks.start_soon(attend_in_turn, self.pool, conn, self.handle, conn, addr)

        anyio.run(serve_clients)

    async def handle(self, conn, addr):
        async with conn:
            while chunk := await receive(conn, 4096):
                await conn.send(chunk.upper())


async def echo(conn: anyio.abc.ByteStream) -> None:
    async with conn:
        while chunk := await receive(conn, 4096):
            await conn.send(chunk.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        pool = anyio.Semaphore(8)
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while True:
                    conn, _ = await accept_client(listener)
                    tasks.start_soon(attend_in_turn, pool, conn, echo, conn)

        anyio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
