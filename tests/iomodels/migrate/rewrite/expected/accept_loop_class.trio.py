import contextlib
import sys
from socket import *
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
                except (error, trio.BrokenResourceError, trio.ClosedResourceError) as e:
                    print("error", e)

        trio.run(serve_clients)

    async def serve(self):
        while True:
            data = await self.client.receive_some(1024)
            if not data:
                await self.client.aclose()
                return
            await self.reply(data)

    async def reply(self, data):
        await self.client.send_all(data.upper())


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
