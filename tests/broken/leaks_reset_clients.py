"""It closes no connection that was reset."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("leaks/connect-and-leave-1000",)


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.leaked: list[socket.socket] = []

    def lose(self, client: socket.socket) -> None:
        self.leaked.append(client.dup())


Broken().run()
