import asyncio
import sys
from socket import *
from typing import Any


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


class Server:
    def __init__(self, port):
        self.sock = socket(AF_INET, SOCK_STREAM)
        self.sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.listen(5)
        self.reader = self.writer = None
        self.addr = None
        self.running = True

    def run(self):
        async def serve_clients() -> None:
            while self.running:
                try:
                    self.reader, self.writer, self.addr = await accept_client(self.sock)
                    try:
                        await self.serve()
                    finally:
                        self.writer.close()
                except error as e:
                    print("error", e)

        asyncio.run(serve_clients())

    async def serve(self):
        while True:
            data = await self.reader.read(1024)
            if not data:
                self.writer.close()
                return
            await self.reply(data)

    async def reply(self, data):
        self.writer.write(data.upper())
        await self.writer.drain()


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
