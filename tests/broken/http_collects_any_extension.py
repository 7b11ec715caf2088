"""A chunk extension may be of any length."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/large-body-refused",)
SERVICE = "http"


class Broken(Http):
    def chunk_line(self) -> bytes:
        return self.until(b"\r\n", 1 << 40, b"")


run(Broken)
