"""It answers FIN with FIN, and keeps the descriptor."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("half-close/idle-client-is-let-go", "leaks/over-the-whole-run")


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[socket.socket] = []

    def converse(self, client: socket.socket) -> None:
        super().converse(client)
        client.shutdown(socket.SHUT_WR)
        self.kept.append(client.dup())


Broken().run()
