"""A client that speaks in lines, once as a generator, once with a socket that it makes and connects itself."""

import socket
import sys


def answers(host, port, questions):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.connect((host, port))
    except OSError as error:
        sock.close()
        sys.exit("%s: %s" % (host, error))
    file = sock.makefile("rwb")
    for question in questions:
        file.write(question + b"\n")
        file.flush()
        yield file.readline()
    file.close()
    sock.close()


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
        while peer.recv(100):
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
    for answer in answers("localhost", port, [b"one", b"two"]):
        print(answer.decode().strip())
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
