"""The parent closes a connection when its child has ended, so that later children hold it as well."""

import socket

from tests.broken._servers import Forks

CAUGHT_BY = ("limits/child-holds-no-others", "leaks/one-owner", "abuse/random-bytes", "integrity/two-interleaved")
PERHAPS_BY = ("leaks/no-close-wait",)
PROFILE = {"isolation": "process"}


class Broken(Forks):
    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, socket.socket] = {}

    def release(self, child: int, client: socket.socket) -> None:
        self.held[child] = client

    def lost(self, child: int, status: int) -> None:  # noqa: ARG002
        self.held.pop(child).close()


Broken().run()
