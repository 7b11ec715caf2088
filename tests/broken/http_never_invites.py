"""It does not answer Expect: 100-continue."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/expect-continue",)
SERVICE = "http"


class Broken(Http):
    def invite(self) -> None:
        pass


run(Broken)
