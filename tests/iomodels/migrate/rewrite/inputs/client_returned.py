"""Clients whose connections are made in a function of their own, which returns them."""

import socket
import sys
import time


def connect_with_retry(address, attempts=2) -> socket.socket:
    for attempt in range(attempts):
        try:
            return socket.create_connection(address)
        except OSError as error:
            print("attempt", attempt + 1, error)
            time.sleep(0.01)
    raise SystemExit("nobody")


def knock(address):
    peer = socket.socket()
    try:
        peer.connect(address)
    except OSError:
        peer.close()
        return None
    return peer


class Session:
    def __init__(self, address):
        self.address = address
        self.peer = None

    def _connect(self):
        return connect_with_retry(self.address)

    def open(self):
        self.peer = self._connect()

    def ask(self, text):
        self.peer.sendall(text)
        return self.peer.recv(100).decode().strip()


def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        peer = knock(("127.0.0.1", each))
        print(each == port, peer is not None)
        if peer:
            peer.close()
    session = Session(("127.0.0.1", port))
    session.open()
    print(session.ask(b"one\n"))
    session.peer.close()
    try:
        Session(("127.0.0.1", nobody)).open()
    except SystemExit as error:
        print(error)


if __name__ == "__main__":
    main()
