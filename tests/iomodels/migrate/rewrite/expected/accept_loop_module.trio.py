import contextlib
import socket
import sys
from typing import Any

import trio

HOST = "127.0.0.1"
count = 0


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


async def talk(conn):
    while data := await conn.receive_some(65536):
        await conn.send_all(data.upper())


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, int(sys.argv[1])))
s.listen(5)


async def serve_clients() -> None:
    global count
    while 1:
        c, a = await accept_client(s)
        count += 1
        print("client", count, a)
        try:
            await talk(c)
        except (socket.error, trio.BrokenResourceError, trio.ClosedResourceError) as e:
            print("lost", e)
        await c.aclose()


trio.run(serve_clients)
