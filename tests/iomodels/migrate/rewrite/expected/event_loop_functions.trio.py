"""selectors as in the manual: the listener's data is None, a connection's its state; what both are passed on to gets the key."""

import contextlib
import socket
import traceback
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


def begin():
    listener = socket.create_server(("127.0.0.1", 8080))
    return listener


async def converse(conn, addr):
    state = types.SimpleNamespace(addr=addr, outb=b"", over=False)
    try:
        await serve(conn, state)
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
        print(state.addr, error)
        await bye(conn)


async def greet(listener, tasks):
    conn, addr = await accept_client(listener)
    tasks.start_soon(attend, conn, converse, conn, addr)


async def bye(sock):
    await sock.aclose()


async def serve(sock, state):
    while True:
        data = await sock.receive_some(1024)
        state.outb += data
        state.over = not data
        if state.outb:
            await sock.send_all(state.outb)
            state.outb = b""
        if state.over:
            await bye(sock)
            return


def loop(listener):
    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await greet(listener, tasks)

    trio.run(serve_clients)


listener = begin()
loop(listener)
