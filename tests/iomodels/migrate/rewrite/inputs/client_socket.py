"""Clients that make a socket, and connect it themselves; one keeps it in an object."""

import socket
import sys


def greet(address):
    with socket.socket() as peer:
        peer.connect(address)
        peer.sendall(b"hello\n")
        return peer.recv(100)


def hang_up(address):
    peer = socket.socket()
    try:
        peer.connect(address)
        peer.sendall(b"quit\n")
        for _ in iter(lambda: peer.recv(100), b""):
            pass
    finally:
        peer.close()


class Session:
    def __init__(self, address):
        self.address = address
        self.peer = None

    def open(self):
        self.peer = socket.create_connection(self.address)

    def say(self, text):
        self.peer.sendall(text)
        return self.peer.recv(100)

    def close(self):
        if self.peer:
            self.peer.close()


def main():
    port = int(sys.argv[1])
    print(greet(("127.0.0.1", port)).decode().strip())
    hang_up(("127.0.0.1", port))
    session = Session(("127.0.0.1", port))
    session.open()
    try:
        print(session.say(b"three\n").decode().strip())
    finally:
        session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
