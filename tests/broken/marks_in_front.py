"""Text is marked in front, as if the mark were the name of a message."""

import socket

from tests.broken._servers import Marks

CAUGHT_BY = ("segmentation/marks-each-receive",)
SERVICE = "upper-sb"


class Broken(Marks):
    def converse(self, client: socket.socket) -> None:
        text = b""
        while data := self.receive(client):
            text += data
        self.send(client, b"_SB" + text.upper())


Broken().run()
