"""It waits edge-triggered for the listener, and accepts at most 24 clients an edge."""

import select
import time

from tests.broken._servers import Loop

CAUGHT_BY = ("capacity/burst-of-200",)


class Broken(Loop):
    listening = select.EPOLLIN | select.EPOLLET

    def welcome(self) -> None:
        for _ in range(24):
            super().welcome()
        time.sleep(0.01)  # many come meanwhile, and make one edge

    def resume(self) -> None:
        pass


Broken().run()
