"""Threads that all accept: a subclass, and threads with names, both made first, and started in a second loop."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


async def accept_in_turn(listener: Any, turn: trio.Lock) -> tuple[trio.SocketStream, Any]:
    """As accept_client, for several tasks on one listener: trio lets one task alone wait for it."""
    async with turn:
        return await accept_client(listener)


async def attend_worker(worker: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in a worker, and is not caught there, ends that one alone, as it ended its thread: there is one fewer."""
    try:
        await worker(*args)
    except Exception:
        traceback.print_exc()


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with trio.open_nursery() as tasks:
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
        while chunk := await self.conn.receive_some(4096):
            await self.conn.send_all(chunk.upper())
        await self.conn.aclose()


async def named(listener: socket.socket, turn) -> None:
    while True:
        conn, _ = await accept_in_turn(listener, turn)
        async with conn:
            await conn.send_all(trio.lowlevel.current_task().name.encode())


def by_name(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = trio.Lock()
            for i in range(2):
                tasks.start_soon(attend_worker, named, listener, turn, name=f"worker {i + 1}")

    trio.run(serve_clients)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            turn = trio.Lock()
            for _ in range(4):
                tasks.start_soon(attend_worker, Acceptor(listener).run, turn)

    trio.run(serve_clients)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        by_name(int(sys.argv[1]))
    else:
        main()
