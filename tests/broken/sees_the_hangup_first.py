"""It looks for the hang-up (EPOLLRDHUP) before it reads what came with it."""

import select

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("half-close/pieces-and-fin-queued",)
PERHAPS_BY = ("half-close/flushes-then-fin", "half-close/large-reply-then-fin")


class Broken(Loop):
    def wanted(self, client: Client) -> int:
        return super().wanted(client) | select.EPOLLRDHUP

    def attend(self, client: Client, events: int) -> None:
        if events & select.EPOLLRDHUP:
            self.end(client)
        else:
            super().attend(client, events)


Broken().run()
