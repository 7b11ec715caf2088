"""It tries again for ever to answer a client that has gone."""

import socket
import time

from tests.broken._servers import Threads

CAUGHT_BY = ("leaks/half-open-and-gone-100",)


class Broken(Threads):
    def send(self, client: socket.socket, data: bytes) -> None:
        while not self.stopping:
            try:
                client.sendall(data)
            except OSError:
                time.sleep(0.05)
            else:
                return


Broken().run()
