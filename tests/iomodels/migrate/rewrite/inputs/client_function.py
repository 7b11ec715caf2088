"""Clients as functions: asked once, over lines, and with a time limit; started from the command line."""

import socket
import sys

TIMEOUT = 5.0


def ask(port, question):
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as sock:
        sock.sendall(question)
        sock.shutdown(socket.SHUT_WR)
        chunks = []
        while chunk := sock.recv(4096):
            chunks.append(chunk)
    return b"".join(chunks)


def lines(host, port, questions):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.connect((host, port))
        file = sock.makefile("rwb")
        for question in questions:
            file.write(question + b"\n")
            file.flush()
            yield file.readline()
    except ConnectionResetError:
        print("lost", file=sys.stderr)


def greet(address):
    with socket.socket() as peer:
        peer.connect(address)
        peer.sendall(b"hello\n")
        return peer.recv(100)


def refused(port):
    try:
        sock = socket.create_connection(("localhost", port), timeout=TIMEOUT)
    except ConnectionRefusedError:
        return "nobody"
    sock.close()
    return "somebody"


def main(port, *questions, nobody=None):
    if nobody is not None:
        print(refused(nobody))
    print(ask(port, b"first\n").decode().strip())
    print(greet(("127.0.0.1", port)).decode().strip())


if __name__ == "__main__":
    main(int(sys.argv[1]), nobody=int(sys.argv[2]))
