"""It reads on while it owes, and forgets what that is when it reads FIN."""

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("half-close/large-reply-then-fin",)


class Broken(Loop):
    ahead = 1 << 40

    def read(self, client: Client) -> None:
        super().read(client)
        if client.ended:
            client.owed.clear()


Broken().run()
