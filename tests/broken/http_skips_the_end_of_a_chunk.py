"""It throws two bytes away after a chunk without looking."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/bad-chunk-size",)
SERVICE = "http"


class Broken(Http):
    def end_of_chunk(self) -> None:
        self.exactly(2)


run(Broken)
