"""What never waits is asked of the socket below, in strings as well."""

import contextlib
import socket
import sys
from typing import Any

import trio

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


async def serve_clients() -> None:
    while True:
        conn, _ = await accept_client(listener)
        conn.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        print(f"from {conn.socket.getpeername()} to {conn.socket.getsockname()!r}", conn.socket.fileno())
        print(f"{(await conn.receive_some(100)).decode()}", f'{conn.socket.getpeername()[0]}')
        await conn.send_eof()
        await conn.aclose()


trio.run(serve_clients)
