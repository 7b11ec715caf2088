"""A client that was made to wait is never listened to again."""

import select

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("backpressure/all-comes-back",)


class Broken(Loop):
    def attend(self, client: Client, events: int) -> None:
        super().attend(client, events)
        if events & select.EPOLLOUT and client.descriptor in self.clients and not client.owed:
            self.poller.modify(client.descriptor, 0)


Broken().run()
