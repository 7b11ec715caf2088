"""After the last reply it waits for the client to close."""

from tests.broken._talks import KIB, Http, run

CAUGHT_BY = (
    "http/connection-close-ends",
    "half-close/unread-input-gets-fin",
    "http/bad-chunk-size",
    "http/conflicting-lengths",
    "http/keep-alive-1-0",
    "http/malformed-head",
    "http/no-host",
    "http/oversized-headers",
)
SERVICE = "http"


class Broken(Http):
    def end(self) -> None:
        while self.connection.recv(64 * KIB):
            pass


run(Broken)
