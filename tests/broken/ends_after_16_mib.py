"""It ends a conversation when 16 MiB of it have gone by, as one does that keeps its count in 24 bits."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("integrity/large-stream",)
MOST = 16 * 1024 * 1024


class Broken(Threads):
    def converse(self, client: socket.socket) -> None:
        left = MOST
        while left > 0 and (data := self.receive(client)):
            self.send(client, self.answer(data))
            left -= len(data)


Broken().run()
