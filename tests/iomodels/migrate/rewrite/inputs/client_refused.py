"""Clients that cannot be followed to their end. Nothing here is changed."""

import socket
import threading

import elsewhere


def published(host):  # refused: IOM905
    peer = socket.create_connection((host, 80))
    peer.close()


def in_a_thread():
    peer = socket.create_connection(("localhost", 80))
    peer.close()


class AtOnce:
    def __init__(self, host):
        self.peer = socket.create_connection((host, 80))

    def close(self):
        self.peer.close()


def two_limits():
    peer = socket.create_connection(("localhost", 80), 5)
    peer.sendall(b"hello")
    peer.settimeout(1)  # refused: IOM908
    peer.recv(100)
    peer.close()


def handed_out():
    peer = socket.create_connection(("localhost", 80))
    return peer  # refused: IOM903


def options():
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)  # refused: IOM903
    peer.connect(("localhost", 80))
    peer.close()


def unbound():
    peer = socket.socket()
    try:
        peer.connect(("localhost", 80))  # refused: IOM903
        peer.recv(100)
    except OSError:
        peer.close()


def on_a_path(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    peer.close()


elsewhere.run(two_limits, in_a_thread, options, unbound)
threading.Thread(target=in_a_thread).start()
AtOnce("localhost").close()
handed_out().close()
script = socket.create_connection(("localhost", 80))
script.close()
