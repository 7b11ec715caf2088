import sys
from socket import *
from typing import Any

import anyio
import anyio.abc


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
