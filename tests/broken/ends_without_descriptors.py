"""An error of accept ends it, and with it every client's conversation."""

from tests.broken._servers import Loop

CAUGHT_BY = ("limits/out-of-descriptors",)


class Broken(Loop):
    def pause(self, error: OSError) -> None:
        raise RuntimeError("accept failed") from error


Broken().run()
