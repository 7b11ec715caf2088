"""It listens without SO_REUSEADDR."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/rebind-at-once",)


class Broken(Threads):
    def listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(self.backlog)
        return listener


Broken().run()
