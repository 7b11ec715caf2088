"""While it reads a line it reads nobody else's."""

import threading

from tests.broken._talks import Lines, run

CAUGHT_BY = ("slow-peers/one-byte-at-a-time-writer", "integrity/two-interleaved")
PERHAPS_BY = ("abuse/random-bytes", "leaks/no-close-wait")
SERVICE = "lines"


class Broken(Lines):
    reading = threading.Lock()

    def line(self) -> bytes:
        if not self.buffer:
            self.more()
        with self.reading:
            return super().line()


run(Broken)
