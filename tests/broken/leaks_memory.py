"""It keeps a note of each client."""

import os
import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("leaks/connect-and-leave-1000",)


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.notes: list[bytes] = []

    def converse(self, client: socket.socket) -> None:
        self.notes.append(os.urandom(16 * 1024))
        super().converse(client)


Broken().run()
