"""It sends 100 Continue to a client of HTTP/1.0."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/expect-continue",)
SERVICE = "http"


class Broken(Http):
    def invite(self) -> None:
        self.version = b"1.1" if b"expect" in self.headers else self.version
        super().invite()


run(Broken)
