"""It is told once that there is input (edge-triggered), and reads once."""

import select
import socket
from contextlib import suppress

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("segmentation/larger-than-any-buffer",)
PERHAPS_BY = (
    "abuse/random-bytes",
    "half-close/flushes-then-fin",
    "half-close/pieces-and-fin-queued",
    "integrity/pipelined-10000",
)


class Broken(Loop):
    def admit(self, connection: socket.socket) -> Client:
        client = super().admit(connection)
        self.poller.modify(connection, select.EPOLLIN | select.EPOLLET)
        connection.setblocking(True)
        return client

    def attend(self, client: Client, events: int) -> None:  # noqa: ARG002
        data = b""
        with suppress(OSError):
            data = client.connection.recv(4096)
            client.connection.sendall(data.upper())
        if not data:
            self.end(client)


Broken().run()
