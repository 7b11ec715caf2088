"""It takes an error of accept for nothing, and comes back for it at once, for ever."""

from tests.broken._servers import Loop

CAUGHT_BY = ("limits/out-of-descriptors-sleeps",)


class Broken(Loop):
    def pause(self, _: OSError) -> None:
        pass


Broken().run()
