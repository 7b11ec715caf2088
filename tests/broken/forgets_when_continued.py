"""When it is continued it drops the clients it has."""

import signal
import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("signals/stop-and-continue",)
PERHAPS_BY = ("half-close/pieces-and-fin-queued", "integrity/two-interleaved", "reset/in-backlog")


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.clients: set[socket.socket] = set()

    def handle_signals(self) -> None:
        super().handle_signals()
        signal.signal(signal.SIGCONT, lambda *_: self.drop())

    def drop(self) -> None:
        for client in list(self.clients):
            client.shutdown(socket.SHUT_RDWR)

    def converse(self, client: socket.socket) -> None:
        self.clients.add(client)
        try:
            super().converse(client)
        finally:
            self.clients.discard(client)


Broken().run()
