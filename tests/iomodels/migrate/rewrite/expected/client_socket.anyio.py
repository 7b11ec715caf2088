"""Clients that make a socket, and connect it themselves; one keeps it in an object."""

import os
import socket
import sys

import anyio
import anyio.abc


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> anyio.abc.ByteStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await anyio.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            with anyio.fail_after(seconds):
                return await anyio.connect_tcp(*address[:2])
        except TimeoutError:
            why = TimeoutError("timed out")
        except OSError as error:
            why = OSError(error.__cause__.errno, os.strerror(error.__cause__.errno))  # of the one address
    raise why


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def greet(address):
    async with await connect_to(*address, family=socket.AF_INET) as peer:
        await peer.send(b"hello\n")
        return await receive(peer, 100)


async def hang_up(address):
    peer = await connect_to(*address, family=socket.AF_INET)
    try:
        await peer.send(b"quit\n")
        while (_ := await receive(peer, 100)) != b"":
            pass
    finally:
        await peer.aclose()


class Session:
    def __init__(self, address):
        self.address = address
        self.peer = None

    async def open(self):
        self.peer = await connect_to(*self.address)

    async def say(self, text):
        await self.peer.send(text)
        return await receive(self.peer, 100)

    async def close(self):
        if self.peer:
            await self.peer.aclose()


async def main():
    port = int(sys.argv[1])
    print((await greet(("127.0.0.1", port))).decode().strip())
    await hang_up(("127.0.0.1", port))
    session = Session(("127.0.0.1", port))
    await session.open()
    try:
        print((await session.say(b"three\n")).decode().strip())
    finally:
        await session.close()
    return 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
