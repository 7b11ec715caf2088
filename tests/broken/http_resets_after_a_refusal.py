"""It closes at once, whatever is unread."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/large-body-refused", "half-close/unread-input-gets-fin", "http/oversized-headers")
SERVICE = "http"


class Broken(Http):
    def end(self) -> None:
        pass


run(Broken)
