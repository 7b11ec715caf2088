"""It takes an exceptional condition (urgent data) for an error."""

import select

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("integrity/urgent-byte",)


class Broken(Loop):
    def wanted(self, client: Client) -> int:
        return super().wanted(client) | select.EPOLLPRI

    def attend(self, client: Client, events: int) -> None:
        if events & select.EPOLLPRI:
            self.end(client)
        else:
            super().attend(client, events)


Broken().run()
