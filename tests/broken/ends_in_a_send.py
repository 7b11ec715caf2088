"""A write that fails ends it."""

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("reset/in-large-reply", "reset/in-backlog")
PERHAPS_BY = (
    "abuse/random-bytes",
    "reset/unread-replies",
)


class Broken(Loop):
    def write(self, client: Client) -> None:
        try:
            super().write(client)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise RuntimeError("send failed") from error


Broken().run()
