"""One client at a time, each a session that ends when nothing comes for a while."""

import asyncio
import socket
import sys
from typing import Any


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_or_none(seconds: float, reader: asyncio.StreamReader, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await receive(reader, size)
    except TimeoutError:
        if not limit.expired():
            raise  # the network's
    return None


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.buffer = b""

    async def run(self):
        while True:
            ready = await receive_or_none(0.5, self.reader, 512)
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
            self.writer.write(line.upper() + b"\n")
            await self.writer.drain()
        self.writer.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    while True:
        reader, writer, addr = await accept_client(server)
        try:
            await Session(reader, writer).run()
        finally:
            writer.close()


asyncio.run(serve_clients())
