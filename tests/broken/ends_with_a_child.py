"""It ends when a child does not end well."""

from tests.broken._servers import Forks

CAUGHT_BY = ("leaks/killed-child",)
PROFILE = {"isolation": "process"}


class Broken(Forks):
    def lost(self, child: int, status: int) -> None:  # noqa: ARG002
        if status:
            self.stop(0, None)


Broken().run()
