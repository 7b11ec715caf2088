"""It finds the client to answer by its host, which two clients may share."""

from tests.broken._servers import Client, Loop

PERHAPS_BY = (  # while one is served, another may have come or be on its way out
    "abuse/random-bytes",
    "half-close/at-once",
    "half-close/idle-client-is-let-go",
    "integrity/silent-client",
    "reset/between-messages",
    "reset/in-backlog",
    "reset/unread-replies",
)
CAUGHT_BY = (
    "integrity/two-interleaved",
    "leaks/no-close-wait",
    "leaks/no-zombies",
    "leaks/one-owner",
    "limits/child-holds-no-others",
    "slow-peers/one-byte-at-a-time-writer",
)


class Broken(Loop):
    def write(self, client: Client) -> None:
        host, _ = client.connection.getpeername()
        latest = next(other for other in reversed(self.clients.values()) if other.connection.getpeername()[0] == host)
        del client.owed[: latest.connection.send(client.owed)]


Broken().run()
