"""Clients that connect again and again until somebody listens, or until they have tried often enough."""

import os
import socket
import sys

import anyio
import anyio.abc

ATTEMPTS = 2


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


async def reach(address):
    for attempt in range(ATTEMPTS):
        try:
            peer = await connect_to(*address, family=socket.AF_INET)
            break
        except ConnectionRefusedError as error:
            print("attempt", attempt + 1, error)
            await anyio.sleep(0.01)
    else:
        return "nobody"
    await peer.send(b"one\n")
    answer = await receive(peer, 100)
    await peer.aclose()
    return answer.decode().strip()


async def ask(address):
    peer = None
    try:
        peer = await connect_to(*address, family=socket.AF_INET)
        await peer.send(b"two\n")
        print((await receive(peer, 100)).decode().strip())
    except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        print("no answer:", error)
    finally:
        # whatever happened
        if peer is not None:
            await peer.aclose()
        print("asked")


class Session:
    def __init__(self, ports):
        self.ports = ports
        self.peer = None

    async def open(self):
        while True:
            try:
                self.peer = await connect_to("127.0.0.1", self.ports[0])
                return
            except OSError as error:
                print(error)
                self.ports = self.ports[1:]

    async def ask(self, text):
        await self.peer.send(text)
        return (await receive(self.peer, 100)).decode().strip()


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        print(await reach(("127.0.0.1", each)))
        await ask(("127.0.0.1", each))
    session = Session([nobody, port])
    await session.open()
    print(await session.ask(b"three\n"))
    await session.peer.aclose()


if __name__ == "__main__":
    anyio.run(main)
