"""poll with masks by name, a table of descriptors, and a queue of replies for each connection, which asks for output then."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)


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


async def converse(connection, client_address):
    print("  connection", client_address[0], file=sys.stderr)
    while True:
        # Handle inputs
        data = await connection.receive_some(1024)
        if data:
            print("  received {!r} from {}".format(data, connection.socket.getpeername()[0]), file=sys.stderr)
            next_msg = data.upper()
            print("  sending {!r} to {}".format(next_msg, connection.socket.getpeername()[0]), file=sys.stderr)
            await connection.send_all(next_msg)
            print("  queue empty", file=sys.stderr)
        else:
            print("  closing", connection.socket.getpeername()[0], file=sys.stderr)
            await connection.aclose()
            return


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            # Handle inputs
            connection, client_address = await accept_client(server)
            tasks.start_soon(attend, connection, converse, connection, client_address)


trio.run(serve_clients)
