"""One client at a time, each a session that ends when nothing comes for a while."""

import contextlib
import socket
import sys
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def receive_or_none(seconds: float, stream: anyio.abc.ByteStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with anyio.move_on_after(seconds):
        return await receive(stream, size)
    return None


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


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
            await self.sock.send(line.upper() + b"\n")
        await self.sock.aclose()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    while True:
        conn, addr = await accept_client(server)
        try:
            await Session(conn).run()
        finally:
            await conn.aclose()


anyio.run(serve_clients)
