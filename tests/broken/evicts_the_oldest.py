"""It closes the oldest connection when there are more than 150, without a word to anybody."""

import socket

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("capacity/idle-500-beside-active", "capacity/holds-many-mid-message")


class Broken(Loop):
    def admit(self, connection: socket.socket) -> Client:
        if len(self.clients) == 150:
            self.end(next(iter(self.clients.values())))
        return super().admit(connection)


Broken().run()
