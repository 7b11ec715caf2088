"""It takes a trailer for the next request."""

from tests.broken._talks import Http, RefusalError, run

CAUGHT_BY = ("http/pipelining",)
SERVICE = "http"


class Broken(Http):
    def trailer(self) -> None:
        if self.exactly(2) != b"\r\n":
            raise RefusalError(b"400 Bad Request")


run(Broken)
