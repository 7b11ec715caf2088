"""Clients that cannot be followed to their end. Nothing here is changed."""

import socket
import threading

import elsewhere


def published(host):  # refused: IOM905
    peer = socket.create_connection((host, 80))
    peer.close()


def in_a_thread():  # refused: IOM905
    peer = socket.create_connection(("localhost", 80))
    peer.close()


class AtOnce:
    def __init__(self, host):  # refused: IOM906
        self.peer = socket.create_connection((host, 80))


def lines():
    peer = socket.create_connection(("localhost", 80))
    while line := peer.recv(100):
        yield line


def two_limits():
    peer = socket.create_connection(("localhost", 80), 5)
    peer.sendall(b"hello")
    peer.settimeout(1)  # refused: IOM908
    peer.recv(100)
    peer.close()


def handed_out():
    peer = socket.create_connection(("localhost", 80))
    return peer


def options():
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)  # refused: IOM903
    peer.connect(("localhost", 80))
    peer.close()


def unbound():
    peer = socket.socket()
    try:
        peer.connect(("localhost", 80))
        peer.recv(100)
    except OSError:
        print(peer.fileno())  # refused: IOM903


def on_a_path(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    peer.close()


elsewhere.run(two_limits, options)
unbound()
print(*lines())  # refused: IOM906
threading.Thread(target=in_a_thread).start()
AtOnce("localhost")
handed_out().close()  # refused: IOM905
script = socket.create_connection(("localhost", 80))  # refused: IOM905
script.close()
