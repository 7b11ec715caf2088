"""It asks whether it may write, which it always may."""

import select

from tests.broken._servers import Client, Loop

CAUGHT_BY = ("leaks/cpu-idle",)


class Broken(Loop):
    def wanted(self, client: Client) -> int:
        return super().wanted(client) | select.EPOLLOUT


Broken().run()
