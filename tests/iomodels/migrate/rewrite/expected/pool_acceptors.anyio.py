"""Threads that all accept: a subclass, and threads with names, both made first, and started in a second loop."""

import contextlib
import socket
import sys
import traceback
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


async def accept_in_turn(listener: Any, turn: anyio.Lock) -> tuple[anyio.abc.ByteStream, Any]:
    """As accept_client, for several tasks on one listener: anyio lets one task alone wait for it."""
    async with turn:
        return await accept_client(listener)


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


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


class Acceptor:
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener

    async def run(self, turn) -> None:
        for _ in range(1000):
            self.conn, self.addr = await accept_in_turn(self.listener, turn)
            try:
                if self.addr[0] != "127.0.0.1":
                    await self.conn.aclose()
                    continue
                await self.serve()
            finally:
                await self.conn.aclose()

    async def serve(self) -> None:
        while chunk := await receive(self.conn, 4096):
            await self.conn.send(chunk.upper())
        await self.conn.aclose()


async def named(listener: socket.socket, turn) -> None:
    while True:
        conn, _ = await accept_in_turn(listener, turn)
        async with conn:
            await conn.send(anyio.get_current_task().name.encode())


def by_name(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = anyio.Lock()
            for i in range(2):
                tasks.start_soon(attend_worker, named, listener, turn, name=f"worker {i + 1}")

    anyio.run(serve_clients)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = anyio.Lock()
            for _ in range(4):
                tasks.start_soon(attend_worker, Acceptor(listener).run, turn)

    anyio.run(serve_clients)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        by_name(int(sys.argv[1]))
    else:
        main()
