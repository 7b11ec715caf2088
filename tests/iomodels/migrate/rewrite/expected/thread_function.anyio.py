"""Echo in threads."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc


async def attend(stream: anyio.abc.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def receive(stream: anyio.abc.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input."""
    try:
        return await stream.receive(size)
    except anyio.EndOfStream:
        return b""


async def accept_client(listener: Any) -> tuple[anyio.abc.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    listener.setblocking(False)
    while True:
        await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await anyio.abc.SocketStream.from_socket(client), address
        except ValueError:
            client.close()  # it has gone, and has no address any more


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A group of tasks, one for each client. What ends the loop that accepts them leaves as it is, not in a group."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def handle(conn, addr):
    print("from", addr)  # who
    async with conn:
        try:
            while True:
                data = await receive(conn, 1024)
                if not data:
                    break
                await conn.send(data.upper())
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as e:
            print("lost", e)


def main(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(5)
    try:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                # for ever
                while True:
                    conn, addr = await accept_client(s)
                    tasks.start_soon(attend, conn, handle, conn, addr)

        anyio.run(serve_clients)
    except KeyboardInterrupt:
        pass
    finally:
        s.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
