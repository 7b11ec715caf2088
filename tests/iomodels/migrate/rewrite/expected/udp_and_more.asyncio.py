"""Datagrams in the middle of something else that waits. Nothing of the loop is changed."""

import asyncio
import socket
from typing import Any


async def receive_from(sock: Any, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from."""
    sock.setblocking(False)
    return await asyncio.get_running_loop().sock_recvfrom(sock, size)


class Beacon:
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def listen(self):
        while True:
            print(self.sock.recvfrom(2048))


def shout(beacon):
    beacon.sock.sendto(b"hello", ("127.0.0.1", 9999))  # refused: IOM903


def answers():
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    data = b""

    async def serve_clients() -> None:
        nonlocal data
        while data != b"stop":  # refused: IOM905
            data, peer = await receive_from(other, 2048)

    asyncio.run(serve_clients())


async def tell():
    await asyncio.to_thread(answers)
