"""It reads one client until nothing is left to read, however much that is, and serves nobody else meanwhile."""

import select

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("slow-peers/greedy-client-others-answered",)


class Broken(Loop):
    def write(self, client: Client) -> None:
        while client.owed:
            select.select([], [client.connection], [])
            super().write(client)
            if not client.owed:
                self.read(client)


Broken().run()
