"""It sends with blocking calls from its only thread."""

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("backpressure/others-served-meanwhile", "slow-peers/one-byte-reader")


class Broken(Loop):
    def write(self, client: Client) -> None:
        client.connection.setblocking(True)
        client.connection.sendall(client.owed)
        client.connection.setblocking(False)
        client.owed.clear()


Broken().run()
