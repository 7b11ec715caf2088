"""It waits for the rest of a line although FIN has come."""

import select

from tests.broken._talks import Lines, run

CAUGHT_BY = ("abuse/random-bytes", "integrity/one-byte", "half-close/reply-after-fin", "lines/unfinished-last-line")
SERVICE = "lines"


class Broken(Lines):
    def last_line(self) -> bytes:
        if self.buffer:
            select.select([self.server.bell], [], [])
        return super().last_line()


run(Broken)
