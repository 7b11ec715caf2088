"""It goes on with what follows a refused request."""

from tests.broken._talks import Http, run

CAUGHT_BY = (
    "http/bad-chunk-size",
    "http/malformed-head",
    "http/conflicting-lengths",
    "http/large-body-refused",
    "http/oversized-headers",
)
SERVICE = "http"


class Broken(Http):
    def persists_after_refusal(self) -> bool:
        return True


run(Broken)
