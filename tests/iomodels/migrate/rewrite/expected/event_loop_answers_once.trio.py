"""epoll as it is often taught: a request is received, the reply is sent, and the connection shut, and closed when it hangs up."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

EOL1 = b"\n\n"
EOL2 = b"\n\r\n"
response = b"HTTP/1.0 200 OK\r\nDate: Mon, 1 Jan 1996 01:01:01 GMT\r\n"
response += b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
response += b"Hello, world!"

serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
serversocket.bind(("127.0.0.1", int(sys.argv[1])))
serversocket.listen(1)


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


try:

    async def converse(connection):
        requests = b""
        while True:
            requests += await connection.receive_some(1024)
            if EOL1 in requests or EOL2 in requests:
                print("-" * 40 + "\n" + requests.decode()[:-2], flush=True)
                # the reply comes next
                await connection.send_all(response)
                await connection.send_eof()
                await connection.aclose()
                return

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                connection, address = await accept_client(serversocket)
                tasks.start_soon(attend, connection, converse, connection)

    trio.run(serve_clients)
finally:
    serversocket.close()
