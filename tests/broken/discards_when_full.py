"""It throws away what the client does not take at once."""

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("integrity/late-reader",)


class Broken(Loop):
    def write(self, client: Client) -> None:
        super().write(client)
        client.owed.clear()


Broken().run()
