"""A connection of HTTP/1.0 persists."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/keep-alive-1-0", "http/no-host")
SERVICE = "http"


class Broken(Http):
    def persists(self) -> bool:
        return b"close" not in self.options()


run(Broken)
