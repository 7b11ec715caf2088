"""Asked to stop, it waits for the rest of a line that has begun."""

from tests.broken._talks import KIB, Lines, run

CAUGHT_BY = ("stop/in-mid-request",)
SERVICE = "lines"


class Broken(Lines):
    def more(self) -> None:
        if self.buffer and (data := self.connection.recv(64 * KIB)):
            self.buffer += data
        else:
            super().more()


run(Broken)
