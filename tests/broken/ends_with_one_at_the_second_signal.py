"""At the second signal it ends as a program does that has failed: with exit status 1."""

import os
from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/twice-idle",)


class Broken(Threads):
    def stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            os._exit(1)
        super().stop(number, frame)


Broken().run()
