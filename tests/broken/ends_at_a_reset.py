"""A read that fails ends it."""

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("reset/between-messages", "reset/thirty-at-once", "reset/unread-replies", "reset/in-backlog")
PERHAPS_BY = ("abuse/random-bytes",)


class Broken(Loop):
    def read(self, client: Client) -> None:
        try:
            super().read(client)
        except ConnectionResetError as error:
            raise RuntimeError("recv failed") from error


Broken().run()
