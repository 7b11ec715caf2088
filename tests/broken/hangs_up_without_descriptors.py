"""It keeps a descriptor in reserve to accept with and hang up: those who could have waited are turned away."""

import os

from tests.broken._servers import Loop

CAUGHT_BY = ("limits/out-of-descriptors",)


class Broken(Loop):
    def __init__(self) -> None:
        super().__init__()
        self.reserve = os.open(os.devnull, os.O_RDONLY)

    def pause(self, _: OSError) -> None:
        os.close(self.reserve)
        self.listener.accept()[0].close()
        self.reserve = os.open(os.devnull, os.O_RDONLY)


Broken().run()
