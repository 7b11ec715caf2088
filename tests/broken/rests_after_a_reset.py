"""It takes a rest after each client that it loses."""

import time

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("reset/thirty-at-once",)


class Broken(Loop):
    def lose(self, client: Client) -> None:
        time.sleep(0.1)
        super().lose(client)


Broken().run()
