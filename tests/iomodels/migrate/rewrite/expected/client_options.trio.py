"""Clients that set options of their sockets, before these are connected."""

import contextlib
import math
import os
import socket
import sys

import trio


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> trio.SocketStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await trio.socket.getaddrinfo(host, port, family, trio.socket.SOCK_STREAM):
        try:
            with trio.fail_after(math.inf if seconds is None else seconds):
                return socket_buffered(await trio.open_tcp_stream(*address[:2]))
        except trio.TooSlowError:
            why = TimeoutError("timed out")
        except OSError as error:
            [why] = error.__cause__.exceptions  # a group, of the one address
            why = OSError(why.errno, os.strerror(why.errno))
    raise why


async def send_within(seconds: float, stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises trio.TooSlowError when it takes longer."""
    with trio.fail_after(seconds):
        await stream.send_all(data)
    return len(data)


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""


async def receive_within(seconds: float, stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises trio.TooSlowError when there is nothing for so long."""
    with trio.fail_after(seconds):
        return await receive(stream, size)


async def steady(address):
    # it may be long
    try:
        peer = await connect_to(*address, 5, family=socket.AF_INET)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError as error:
        print(error)
        return
    await send_within(5, peer, b"one\n")
    print((await receive_within(5, peer, 100)).decode().strip(), peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) > 0)
    await peer.aclose()


async def patient(address):
    async with await connect_to(*address, 5, family=socket.AF_INET) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        await send_within(5, peer, b"two\n")
        print((await receive_within(5, peer, 100)).decode().strip(), peer.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        await steady(("127.0.0.1", each))
    await patient(("127.0.0.1", port))


if __name__ == "__main__":
    trio.run(main)
