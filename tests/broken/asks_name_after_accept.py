"""It asks for the client's name after accept, and ends when the client has gone by then (ENOTCONN)."""

import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("reset/in-backlog",)
PERHAPS_BY = (
    "abuse/random-bytes",
    "reset/between-messages",
)


class Broken(Threads):
    def welcome(self, client: socket.socket) -> None:
        client.getpeername()
        super().welcome(client)


Broken().run()
