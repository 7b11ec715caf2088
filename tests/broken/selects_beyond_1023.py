"""It waits with select, which knows no descriptor beyond 1023."""

import select
import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("limits/beyond-fd-setsize",)


class Broken(Threads):
    def receive(self, client: socket.socket) -> bytes:
        select.select([client.fileno(), self.bell], [], [])
        return super().receive(client)


Broken().run()
