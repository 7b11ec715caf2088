"""It strips blanks round the name of a header."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/malformed-head",)
SERVICE = "http"


class Broken(Http):
    def field(self, text: bytes) -> tuple[bytes, bytes]:
        name, colon, value = text.partition(b":")
        return super().field(name.strip() + colon + value)


run(Broken)
