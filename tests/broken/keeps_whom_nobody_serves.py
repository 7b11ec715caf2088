"""When there are no more threads it keeps the client, whom nobody will ever serve."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("limits/no-more-threads-or-processes",)


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[socket.socket] = []

    def welcome(self, client: socket.socket) -> None:
        try:
            self.start(client)
        except RuntimeError:
            self.waiting.append(client)


Broken().run()
