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
PERHAPS_BY = ("integrity/two-interleaved", "segmentation/byte-by-byte", "slow-peers/one-byte-at-a-time-writer")  # they coalesce
SERVICE = "lines"


class Broken(Lines):
    def line(self) -> bytes:
        self.more()
        return super().line()


run(Broken)
