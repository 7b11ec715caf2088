"""Clients whose connections are made in a function of their own, which returns them."""

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


async def connect_with_retry(address, attempts=2) -> anyio.abc.ByteStream:
    for attempt in range(attempts):
        try:
            return await connect_to(*address)
        except OSError as error:
            print("attempt", attempt + 1, error)
            await anyio.sleep(0.01)
    raise SystemExit("nobody")


async def knock(address):
    try:
        peer = await connect_to(*address, family=socket.AF_INET)
    except OSError:
        return None
    return peer


class Session:
    def __init__(self, address):
        self.address = address
        self.peer = None

    async def _connect(self):
        return await connect_with_retry(self.address)

    async def open(self):
        self.peer = await self._connect()

    async def ask(self, text):
        await self.peer.send(text)
        return (await receive(self.peer, 100)).decode().strip()


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        peer = await knock(("127.0.0.1", each))
        print(each == port, peer is not None)
        if peer:
            await peer.aclose()
    session = Session(("127.0.0.1", port))
    await session.open()
    print(await session.ask(b"one\n"))
    await session.peer.aclose()
    try:
        await Session(("127.0.0.1", nobody)).open()
    except SystemExit as error:
        print(error)


if __name__ == "__main__":
    anyio.run(main)
