"""A last line without LF is not answered: the end of input is taken for the end of all."""

from tests.broken._talks import Lines, run

CAUGHT_BY = ("half-close/reply-after-fin", "lines/unfinished-last-line")
SERVICE = "lines"


class Broken(Lines):
    def last_line(self) -> bytes:
        return b""


run(Broken)
