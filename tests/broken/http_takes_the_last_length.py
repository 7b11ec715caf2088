"""Of two Content-Lengths it takes the last."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/conflicting-lengths",)
SERVICE = "http"


class Broken(Http):
    def length(self, lengths: list[bytes]) -> int:
        return super().length(lengths[-1:])


run(Broken)
