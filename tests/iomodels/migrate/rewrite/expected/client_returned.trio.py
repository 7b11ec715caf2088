"""Clients whose connections are made in a function of their own, which returns them."""

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


async def connect_with_retry(address, attempts=2) -> trio.SocketStream:
    for attempt in range(attempts):
        try:
            return await connect_to(*address)
        except OSError as error:
            print("attempt", attempt + 1, error)
            await trio.sleep(0.01)
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
        await self.peer.send_all(text)
        return (await self.peer.receive_some(100)).decode().strip()


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
    trio.run(main)
