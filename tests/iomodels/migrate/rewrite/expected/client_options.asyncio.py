"""Clients that set options of their sockets, before these are connected."""

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


async def steady(address):
    # it may be long
    try:
        reader, writer = await connect_to(*address, 5, family=socket.AF_INET)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError as error:
        print(error)
        return
    await send_within(5, writer, b"one\n")
    print((await receive_within(5, reader, 100)).decode().strip(), writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) > 0)
    writer.close()


async def patient(address):
    reader, writer = await connect_to(*address, 5, family=socket.AF_INET)
    with contextlib.closing(writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        await send_within(5, writer, b"two\n")
        print((await receive_within(5, reader, 100)).decode().strip(), writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        await steady(("127.0.0.1", each))
    await patient(("127.0.0.1", port))


if __name__ == "__main__":
    asyncio.run(main())
