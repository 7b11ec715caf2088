"""When 16 of the last 20 clients left without a word it takes that for an attack, and accepts nobody any more."""

from collections import deque

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("integrity/silent-client",)
MOST = 16


class Broken(Loop):
    def __init__(self) -> None:
        super().__init__()
        self.heard: set[Client] = set()
        self.silent: deque[bool] = deque(maxlen=20)

    def read(self, client: Client) -> None:
        super().read(client)
        if not client.ended:
            self.heard.add(client)

    def end(self, client: Client) -> None:
        if sum(self.silent) < MOST:
            self.silent.append(client not in self.heard)
        self.heard.discard(client)
        super().end(client)

    def resume(self) -> None:
        if sum(self.silent) < MOST:
            super().resume()
        else:
            self.poller.modify(self.listener, 0)


Broken().run()
