"""It does not ask for Host."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/no-host",)
SERVICE = "http"


class Broken(Http):
    def check_host(self) -> None:
        pass


run(Broken)
