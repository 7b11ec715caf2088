import contextlib
import sys
from socket import *
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


class Server:
    def __init__(self, port):
        self.sock = socket(AF_INET, SOCK_STREAM)
        self.sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.listen(5)
        self.client = None
        self.addr = None
        self.running = True

    def run(self):
        async def serve_clients() -> None:
            while self.running:
                try:
                    self.client, self.addr = await accept_client(self.sock)
                    try:
                        await self.serve()
                    finally:
                        await self.client.aclose()
                except (error, anyio.BrokenResourceError, anyio.ClosedResourceError) as e:
                    print("error", e)

        anyio.run(serve_clients)

    async def serve(self):
        while True:
            data = await receive(self.client, 1024)
            if not data:
                await self.client.aclose()
                return
            await self.reply(data)

    async def reply(self, data):
        await self.client.send(data.upper())


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
