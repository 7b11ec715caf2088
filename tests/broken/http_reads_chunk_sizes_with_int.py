"""It reads chunk sizes with int()."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/bad-chunk-size",)
SERVICE = "http"


class Broken(Http):
    def chunk_size(self, text: bytes) -> int:
        try:
            return max(0, int(text, 16))
        except ValueError:
            return super().chunk_size(text)


run(Broken)
