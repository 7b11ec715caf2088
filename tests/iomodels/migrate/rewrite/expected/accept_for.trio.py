"""So many clients, one after the other, then the end."""

import contextlib
import socket
import sys
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


def serve(count):
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    total = 0

    async def serve_clients() -> None:
        nonlocal total
        for number in range(count):
            conn, _ = await accept_client(listener)
            try:
                if number == 3:
                    await conn.aclose()
                    continue
                data = await conn.receive_some(100)
                total += len(data)
                await conn.send_all(data.upper())
                await conn.aclose()
            finally:
                await conn.aclose()

    trio.run(serve_clients)
    listener.close()
    return total


if __name__ == "__main__":
    print(serve(5))
