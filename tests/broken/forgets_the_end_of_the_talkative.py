"""It ends a conversation at FIN, but forgets to when more than 4000 bytes had been said."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("half-close/flushes-then-fin", "integrity/pipelined-10000", "segmentation/larger-than-any-buffer")


class Broken(Threads):
    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[socket.socket] = []

    def converse(self, client: socket.socket) -> None:
        heard = 0
        while data := self.receive(client):
            heard += len(data)
            self.send(client, self.answer(data))
        if heard > 4000:
            self.forgotten.append(client.dup())


Broken().run()
