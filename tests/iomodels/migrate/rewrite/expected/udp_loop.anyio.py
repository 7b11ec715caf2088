"""Datagrams: counted and answered, until one says to stop; now and then it looks up from its work."""

import socket
import sys
from typing import Any

import anyio

PAUSE = 0.2
counts = {}


async def receive_from(sock: Any, size: int, seconds: float) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from. Raises TimeoutError when none comes for so long."""
    sock.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(sock)
        try:
            return sock.recvfrom(size)
        except BlockingIOError:
            continue  # its checksum was wrong


async def send_to(sock: Any, data: bytes, address: Any) -> int:
    """Send a datagram, and say how many bytes that was."""
    sock.setblocking(False)
    while True:
        try:
            return sock.sendto(data, address)
        except BlockingIOError:
            await anyio.wait_writable(sock)


class Counter:
    def __init__(self, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.settimeout(PAUSE)
        self.idle = 0

    def serve(self):
        running = True

        async def serve_clients() -> None:
            nonlocal running
            while running:
                running = await self.one()

        anyio.run(serve_clients)

    async def one(self):
        try:
            data, peer = await receive_from(self.sock, 2048, PAUSE)
        except socket.timeout:
            self.idle += 1
            return True
        counts[peer] = counts.get(peer, 0) + 1
        await answer(self.sock, b"%d %b" % (counts[peer], data), peer)
        return data != b"stop"


async def answer(sock, text, peer):
    if not await send_to(sock, text, peer):
        print("nothing was sent")


if __name__ == "__main__":
    counter = Counter(int(sys.argv[1]))
    counter.serve()
    counter.sock.close()
    print("idle" if counter.idle else "busy")
