"""Datagrams in the middle of something else that waits. Nothing of the loop is changed."""

import socket


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
    while data != b"stop":  # refused: IOM905
        data, peer = other.recvfrom(2048)


async def tell():
    answers()
