"""The end of input is marked like a chunk."""

import socket

from tests.broken._servers import Marks

CAUGHT_BY = ("segmentation/marks-each-receive",)
SERVICE = "upper-sb"


class Broken(Marks):
    def converse(self, client: socket.socket) -> None:
        super().converse(client)
        self.send(client, self.answer(b""))


Broken().run()
