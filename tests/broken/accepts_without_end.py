"""It looks whether it is to stop when nobody waits any more."""

import select
import time
from contextlib import suppress
from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/while-clients-keep-coming",)


class Broken(Threads):
    def serve(self) -> None:
        self.listener.setblocking(False)
        while not self.stopping:
            select.select([self.listener.fileno(), self.bell], [], [])
            with suppress(BlockingIOError):
                while True:
                    client, _ = self.listener.accept()
                    time.sleep(0.005)
                    self.welcome(client)

    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.ring()


Broken().run()
