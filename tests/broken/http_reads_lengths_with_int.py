"""It reads lengths with int()."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/conflicting-lengths",)
SERVICE = "http"


class Broken(Http):
    def length(self, lengths: list[bytes]) -> int:
        try:
            return max(0, int(lengths[-1]))
        except ValueError:
            return super().length(lengths)


run(Broken)
