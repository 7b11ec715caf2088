"""It sends a body after HEAD."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/head-has-no-body", "http/pipelining")
SERVICE = "http"


class Broken(Http):
    def reply(self, status: bytes, body: bytes, *, close: bool) -> None:
        self.method = b"GET"
        super().reply(status, body, close=close)


run(Broken)
