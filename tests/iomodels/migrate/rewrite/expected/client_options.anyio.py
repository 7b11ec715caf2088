"""Clients that set options of their sockets, before these are connected."""

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


async def steady(address):
    # it may be long
    try:
        peer = await connect_to(*address, 5, family=socket.AF_INET)
        peer.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError as error:
        print(error)
        return
    await send_within(5, peer, b"one\n")
    print((await receive_within(5, peer, 100)).decode().strip(), peer.extra(anyio.abc.SocketAttribute.raw_socket).getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) > 0)
    await peer.aclose()


async def patient(address):
    async with await connect_to(*address, 5, family=socket.AF_INET) as peer:
        peer.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        peer.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        await send_within(5, peer, b"two\n")
        print((await receive_within(5, peer, 100)).decode().strip(), peer.extra(anyio.abc.SocketAttribute.raw_socket).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        await steady(("127.0.0.1", each))
    await patient(("127.0.0.1", port))


if __name__ == "__main__":
    anyio.run(main)
