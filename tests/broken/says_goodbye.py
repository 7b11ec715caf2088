"""Asked to stop, it says so in the middle of the stream."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/idle-clients-get-fin", "stop/interrupt-likewise")
PERHAPS_BY = ("stop/with-queued-clients",)


class Broken(Threads):
    def receive(self, client: socket.socket) -> bytes:
        data = super().receive(client)
        if not data and self.stopping:
            client.sendall(b"going down")
        return data


Broken().run()
