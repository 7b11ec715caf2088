"""HEAD announces a length of 0."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/head-has-no-body",)
SERVICE = "http"


class Broken(Http):
    def reply(self, status: bytes, body: bytes, *, close: bool) -> None:
        super().reply(status, body if self.method != b"HEAD" else b"", close=close)


run(Broken)
