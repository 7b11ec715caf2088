"""An echo server that serves one client after the other."""

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
        client, address = await accept_client(listener)
        while True:
            data = await client.receive_some(4096)
            if not data:
                break
            await client.send_all(data.upper())
        await client.aclose()


trio.run(serve_clients)
