"""It knows QUIT in capitals alone."""

from tests.broken._talks import Lines, run

CAUGHT_BY = ("lines/quit-ends", "lines/unfinished-last-line")
SERVICE = "lines"


class Broken(Lines):
    def is_last(self, content: bytes) -> bool:
        return content == b"QUIT"


run(Broken)
