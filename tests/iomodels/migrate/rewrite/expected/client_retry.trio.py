"""Clients that connect again and again until somebody listens, or until they have tried often enough."""

import contextlib
import math
import os
import socket
import sys

import trio

ATTEMPTS = 2


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


async def reach(address):
    for attempt in range(ATTEMPTS):
        try:
            peer = await connect_to(*address, family=socket.AF_INET)
            break
        except ConnectionRefusedError as error:
            print("attempt", attempt + 1, error)
            await trio.sleep(0.01)
    else:
        return "nobody"
    await peer.send_all(b"one\n")
    answer = await peer.receive_some(100)
    await peer.aclose()
    return answer.decode().strip()


async def ask(address):
    peer = None
    try:
        peer = await connect_to(*address, family=socket.AF_INET)
        await peer.send_all(b"two\n")
        print((await peer.receive_some(100)).decode().strip())
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
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
        await self.peer.send_all(text)
        return (await self.peer.receive_some(100)).decode().strip()


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
    trio.run(main)
