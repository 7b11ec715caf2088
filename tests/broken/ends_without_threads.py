"""When there are no more threads, starting one raises in the accept loop and ends it."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("limits/no-more-threads-or-processes",)


class Broken(Threads):
    def welcome(self, client: socket.socket) -> None:
        self.start(client)


Broken().run()
