"""Clients that make a socket, and connect it themselves; one keeps it in an object."""

import asyncio
import contextlib
import os
import socket
import sys


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    loop = asyncio.get_running_loop()
    for *_, address in await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(*address[:2])
        except OSError as error:
            why = OSError(error.errno, os.strerror(error.errno)) if error.errno else TimeoutError("timed out")
        else:
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            return reader, writer
    raise why


async def greet(address):
    reader, writer = await connect_to(*address, family=socket.AF_INET)
    with contextlib.closing(writer):
        writer.write(b"hello\n")
        await writer.drain()
        return await reader.read(100)


async def hang_up(address):
    reader, writer = await connect_to(*address, family=socket.AF_INET)
    try:
        writer.write(b"quit\n")
        await writer.drain()
        while (_ := await reader.read(100)) != b"":
            pass
    finally:
        writer.close()


class Session:
    def __init__(self, address):
        self.address = address
        self.reader = self.writer = None

    async def open(self):
        self.reader, self.writer = await connect_to(*self.address)

    async def say(self, text):
        self.writer.write(text)
        await self.writer.drain()
        return await self.reader.read(100)

    def close(self):
        if self.writer:
            self.writer.close()


async def main():
    port = int(sys.argv[1])
    print((await greet(("127.0.0.1", port))).decode().strip())
    await hang_up(("127.0.0.1", port))
    session = Session(("127.0.0.1", port))
    await session.open()
    try:
        print((await session.say(b"three\n")).decode().strip())
    finally:
        session.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
