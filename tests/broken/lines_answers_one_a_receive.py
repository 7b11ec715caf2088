"""Each receive answers one line; what else came with it waits for the next."""

from tests.broken._talks import Lines, run

CAUGHT_BY = (
    "segmentation/many-in-one-segment",
    "integrity/pipelined-10000",
    "lines/endings",
    "lines/quit-ends",
    "segmentation/larger-than-any-buffer",
    "segmentation/split-at-every-border",
)
SERVICE = "lines"


class Broken(Lines):
    def line(self) -> bytes:
        self.more()
        return super().line()


run(Broken)
