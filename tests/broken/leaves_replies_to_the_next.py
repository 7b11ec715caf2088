"""It forgets what it owes when a client says goodbye, not when it resets: the next one on that descriptor gets it."""

import socket

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("limits/descriptor-reuse",)
PERHAPS_BY = ("abuse/random-bytes", "reset/between-messages", "reset/in-backlog", "reset/unread-replies")  # they leave some


class Broken(Loop):
    def __init__(self) -> None:
        super().__init__()
        self.left: dict[int, bytes] = {}

    def lose(self, client: Client) -> None:
        self.left[client.descriptor] = bytes(client.owed)
        super().lose(client)

    def admit(self, connection: socket.socket) -> Client:
        client = super().admit(connection)
        client.owed += self.left.pop(client.descriptor, b"")
        self.poller.modify(client.descriptor, self.wanted(client))
        return client


Broken().run()
