"""Datagrams in the middle of something else that waits. Nothing of the loop is changed."""

import socket
from typing import Any

import trio


async def receive_from(sock: Any, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from."""
    return await trio.socket.from_stdlib_socket(sock).recvfrom(size)


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

    trio.run(serve_clients)


async def tell():
    await trio.to_thread.run_sync(answers)
