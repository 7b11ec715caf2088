"""selectors as in the best-known tutorial: what is received, echoed and closed is printed; both events are always watched."""

import contextlib
import socket
import sys
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


async def converse(conn, addr):
    print(f"Accepted connection from {addr}")
    data = types.SimpleNamespace(addr=addr, inb=b"", outb=b"")
    await service_connection(conn, data)


async def accept_wrapper(sock, tasks):
    conn, addr = await accept_client(sock)
    tasks.start_soon(attend, conn, converse, conn, addr)


async def service_connection(sock, data):
    while True:
        recv_data = await sock.receive_some(1024)
        if recv_data:
            data.outb += recv_data
        else:
            print(f"Closing connection to {data.addr}")
            await sock.aclose()
            return
        if data.outb:
            print(f"Echoing {data.outb!r} to {data.addr}")
            await sock.send_all(data.outb)
            data.outb = b""


host, port = "127.0.0.1", int(sys.argv[1])
lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
lsock.bind((host, port))
lsock.listen()
print(f"Listening on {(host, port)}")

try:
    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await accept_wrapper(lsock, tasks)

    trio.run(serve_clients)
except KeyboardInterrupt:
    print("Caught keyboard interrupt, exiting")
