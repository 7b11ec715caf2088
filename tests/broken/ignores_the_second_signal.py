"""Once it is stopping it listens to no signal."""

from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/second-signal-ends-at-once",)


class Broken(Threads):
    def stop(self, number: int, frame: FrameType | None) -> None:
        if not self.stopping:
            super().stop(number, frame)


Broken().run()
