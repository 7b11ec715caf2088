"""A client as functions, with a time limit for each call; where nobody listens it says so."""

import asyncio
import contextlib
import os
import socket
import sys

TIMEOUT = 5.0


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


async def send_within(seconds: float | None, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError, and drops the connection, when it takes longer."""
    writer.write(data)
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()  # close would wait until the peer has taken the rest
        raise
    return len(data)


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_within(seconds: float | None, reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    async with asyncio.timeout(seconds):
        return await receive(reader, size)


async def ask(port, question):
    reader, writer = await connect_to("127.0.0.1", port, TIMEOUT)
    with contextlib.closing(writer):
        await send_within(TIMEOUT, writer, question)
        writer.write_eof()
        chunks = []
        while chunk := await receive_within(TIMEOUT, reader, 4096):
            chunks.append(chunk)
    return b"".join(chunks)


async def knock(port):
    # both of its addresses
    try:
        reader, writer = await connect_to("localhost", port, TIMEOUT)
    except ConnectionRefusedError:
        return "nobody"
    writer.close()
    return "somebody"


async def main(port, nobody=None):
    if nobody is not None:
        print(await knock(nobody))
    print(await knock(port))
    try:
        print((await ask(port, b"first\n")).decode().strip())
    except (socket.timeout, ConnectionError) as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), nobody=int(sys.argv[2])))
