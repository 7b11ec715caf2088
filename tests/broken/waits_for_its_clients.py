"""Asked to stop, it waits until its clients go."""

import socket

from tests.broken._servers import CHUNK, Threads

CAUGHT_BY = ("stop/idle-clients-get-fin", "stop/nothing-left")


class Broken(Threads):
    def receive(self, client: socket.socket) -> bytes:
        return client.recv(CHUNK)


Broken().run()
