"""A client as functions, with a time limit for each call; where nobody listens it says so."""

import contextlib
import functools
import math
import os
import socket
import sys

import trio

TIMEOUT = 5.0


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
    except (socket.timeout, ConnectionError, trio.BrokenResourceError, trio.TooSlowError) as error:
        print(error)


if __name__ == "__main__":
    trio.run(functools.partial(main, int(sys.argv[1]), nobody=int(sys.argv[2])))
