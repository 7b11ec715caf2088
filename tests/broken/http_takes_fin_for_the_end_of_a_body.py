"""The end of input ends a body."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/early-fin",)
SERVICE = "http"


class Broken(Http):
    def exactly(self, count: int) -> bytes:
        try:
            return super().exactly(count)
        except EOFError:
            return self.take(count)


run(Broken)
