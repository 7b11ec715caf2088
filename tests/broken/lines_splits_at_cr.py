"""It cuts with splitlines, for which a CR ends a line."""

from tests.broken._talks import Lines, run

CAUGHT_BY = ("lines/endings",)
SERVICE = "lines"


class Broken(Lines):
    def cut(self, line: bytes) -> tuple[bytes, bytes]:
        return line.splitlines()[0], super().cut(line)[1]


run(Broken)
