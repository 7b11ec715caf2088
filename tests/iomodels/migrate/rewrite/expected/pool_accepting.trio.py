"""Threads that all accept: a function, made and started in one loop; some words of each client, and it may fail."""

import contextlib
import logging
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

WORKERS = 3
log = logging.getLogger(__name__)


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""


async def receive_within(seconds: float, stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises trio.TooSlowError when there is nothing for so long."""
    with trio.fail_after(seconds):
        return await receive(stream, size)


async def send_within(seconds: float, stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises trio.TooSlowError when it takes longer."""
    with trio.fail_after(seconds):
        await stream.send_all(data)
    return len(data)


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


async def work(listener, number, turn):
    served = 0
    while True:
        conn, addr = await accept_in_turn(listener, turn)
        try:
            served += 1
            await talk(conn, number, served)
        finally:
            await conn.aclose()


async def talk(conn, number, served):
    while data := await receive_within(20, conn, 4096):
        if data == b"fail":
            raise ValueError(f"{number}: client {served} asked for it")
        await send_within(20, conn, data.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                turn = trio.Lock()
                # as many as there may be clients
                # as long as one of them lives
                for number in range(WORKERS):
                    tasks.start_soon(attend_worker, work, listener, number, turn)

        trio.run(serve_clients)
    log.info("nobody is left")


if __name__ == "__main__":
    main(int(sys.argv[1]))
