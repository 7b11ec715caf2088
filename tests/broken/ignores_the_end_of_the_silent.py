"""A client that says nothing and then FIN waits for ever."""

import select
import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("half-close/at-once", "leaks/no-close-wait")


class Broken(Threads):
    def converse(self, client: socket.socket) -> None:
        data = self.receive(client)
        if not data:
            select.select([self.bell], [], [])
        while data:
            self.send(client, self.answer(data))
            data = self.receive(client)


Broken().run()
