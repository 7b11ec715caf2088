"""After QUIT it closes at once, whatever is unread."""

from tests.broken._talks import Lines, run

CAUGHT_BY = ("half-close/unread-input-gets-fin",)
SERVICE = "lines"


class Broken(Lines):
    def end(self) -> None:
        pass


run(Broken)
