"""Clients that make a socket, and connect it themselves; one keeps it in an object."""

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


async def greet(address):
    async with await connect_to(*address, family=socket.AF_INET) as peer:
        await peer.send_all(b"hello\n")
        return await peer.receive_some(100)


async def hang_up(address):
    peer = await connect_to(*address, family=socket.AF_INET)
    try:
        await peer.send_all(b"quit\n")
        while (_ := await peer.receive_some(100)) != b"":
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
        await self.peer.send_all(text)
        return await self.peer.receive_some(100)

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
    sys.exit(trio.run(main))
