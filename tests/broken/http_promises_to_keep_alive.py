"""It says keep-alive to HTTP/1.0, and ends the connection."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/keep-alive-1-0",)
SERVICE = "http"


class Broken(Http):
    def reply(self, status: bytes, body: bytes, *, close: bool) -> None:
        if self.version == b"1.0" and b"keep-alive" in self.options():
            status += b"\r\nConnection: keep-alive"
            close = False
        super().reply(status, body, close=close)


run(Broken)
