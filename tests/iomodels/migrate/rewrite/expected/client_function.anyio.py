"""A client as functions, with a time limit for each call; where nobody listens it says so."""

import functools
import os
import socket
import sys

import anyio
import anyio.abc

TIMEOUT = 5.0


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


async def send_within(seconds: float | None, stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError when it takes longer."""
    with anyio.fail_after(seconds):
        await stream.send(data)
    return len(data)


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def receive_within(seconds: float | None, stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    with anyio.fail_after(seconds):
        return await receive(stream, size)


async def ask(port, question):
    async with await connect_to("127.0.0.1", port, TIMEOUT) as sock:
        await send_within(TIMEOUT, sock, question)
        await sock.send_eof()
        chunks = []
        while chunk := await receive_within(TIMEOUT, sock, 4096):
            chunks.append(chunk)
    return b"".join(chunks)


async def knock(port):
    # both of its addresses
    try:
        sock = await connect_to("localhost", port, TIMEOUT)
    except ConnectionRefusedError:
        return "nobody"
    await sock.aclose()
    return "somebody"


async def main(port, nobody=None):
    if nobody is not None:
        print(await knock(nobody))
    print(await knock(port))
    try:
        print((await ask(port, b"first\n")).decode().strip())
    except (socket.timeout, ConnectionError, anyio.BrokenResourceError) as error:
        print(error)


if __name__ == "__main__":
    anyio.run(functools.partial(main, int(sys.argv[1]), nobody=int(sys.argv[2])))
