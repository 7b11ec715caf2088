"""A module for others, which tries itself when it is started. Nothing here is changed."""

import socket

__all__ = ["ask"]


def ask(question):  # refused: IOM905
    with socket.create_connection(("localhost", 80)) as peer:
        peer.sendall(question)
        return peer.recv(100)


if __name__ == "__main__":
    print(ask(b"hello"))
