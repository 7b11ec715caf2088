"""The parent keeps each connection until the next client comes."""

import socket

from tests.broken._servers import Forks

CAUGHT_BY = ("leaks/one-owner",)
PROFILE = {"isolation": "process"}


class Broken(Forks):
    def release(self, child: int, client: socket.socket) -> None:  # noqa: ARG002
        self.kept = client

    def converse(self, client: socket.socket) -> None:
        super().converse(client)
        client.shutdown(socket.SHUT_RDWR)


Broken().run()
