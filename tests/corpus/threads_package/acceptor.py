"""The listening side."""
import socket

from .worker import Worker


class Acceptor:
    def __init__(self, host, port):
        self._sock = socket.socket()
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._sock.bind((host, port))
        self.accepted = 0

    def serve(self):
        self._sock.listen(128)
        while True:
            self._next()

    def _next(self):
        conn, peer = self._sock.accept()
        self.accepted += 1
        worker = Worker(conn, "worker-%d" % self.accepted)
        worker.start()
