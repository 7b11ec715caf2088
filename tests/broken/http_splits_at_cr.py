"""It cuts a head with splitlines, for which a bare CR ends a line."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/malformed-head",)
SERVICE = "http"


class Broken(Http):
    def lines_of(self, head: bytes) -> list[bytes]:
        return head.splitlines()


run(Broken)
