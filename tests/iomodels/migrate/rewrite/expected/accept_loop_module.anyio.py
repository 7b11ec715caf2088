import socket
import sys
from typing import Any

import anyio
import anyio.abc

HOST = "127.0.0.1"
count = 0


async def receive(stream: anyio.abc.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input."""
    try:
        return await stream.receive(size)
    except anyio.EndOfStream:
        return b""


async def accept_client(listener: Any) -> tuple[anyio.abc.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    listener.setblocking(False)
    while True:
        await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await anyio.abc.SocketStream.from_socket(client), address
        except ValueError:
            client.close()  # it has gone, and has no address any more


async def talk(conn):
    while data := await receive(conn, 65536):
        await conn.send(data.upper())


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
        except (socket.error, anyio.BrokenResourceError, anyio.ClosedResourceError) as e:
            print("lost", e)
        await c.aclose()


anyio.run(serve_clients)
