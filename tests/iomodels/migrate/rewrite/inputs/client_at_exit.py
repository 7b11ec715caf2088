"""A connection that is closed when the library does not run any more. Nothing here is changed."""

import socket


class Session:
    def __init__(self):
        self.peer = None

    def run(self):
        self.peer = socket.create_connection(("localhost", 80))  # the whole is refused
        self.peer.sendall(b"hello")

    def close(self):
        self.peer.close()  # refused: IOM905


session = Session()
session.run()
session.close()
