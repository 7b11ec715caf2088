"""Asked to stop, it ends where it stands."""

import os
from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ()
PERHAPS_BY = ("stop/in-mid-reply",)


class Broken(Threads):
    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        os._exit(0)


Broken().run()
