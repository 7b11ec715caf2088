"""One client at a time, each a session that ends when nothing comes for a while."""

import contextlib
import socket
import sys
from typing import Any

import trio


async def receive_or_none(seconds: float, stream: trio.SocketStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with trio.move_on_after(seconds):
        return await stream.receive_some(size)
    return None


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


class Session:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    async def run(self):
        while True:
            ready = await receive_or_none(0.5, self.sock, 512)
            if ready is None:
                break
            received = ready
            if not received:
                break
            self.buffer += received
            if b"\n" not in self.buffer:
                continue
            line, self.buffer = self.buffer.split(b"\n", 1)
            if line == b"quit":
                break
            await self.sock.send_all(line.upper() + b"\n")
        await self.sock.aclose()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    while True:
        conn, addr = await accept_client(server)
        try:
            await Session(conn).run()
        finally:
            await conn.aclose()


trio.run(serve_clients)
