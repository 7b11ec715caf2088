"""It knows `close` only as a header by itself, in small letters."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/connection-close-ends",)
SERVICE = "http"


class Broken(Http):
    def persists(self) -> bool:
        return self.headers.get(b"connection") != [b"close"] and self.version == b"1.1"


run(Broken)
