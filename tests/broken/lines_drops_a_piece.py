"""The piece of a line at the end of a receive is dropped."""

from tests.broken._talks import Lines, run

CAUGHT_BY = (
    "segmentation/byte-by-byte",
    "segmentation/split-at-every-border",
    "half-close/reply-after-fin",
    "half-close/unread-input-gets-fin",
    "integrity/pipelined-10000",
    "integrity/two-interleaved",
    "lines/endings",
    "lines/unfinished-last-line",
    "segmentation/larger-than-any-buffer",
    "slow-peers/one-byte-at-a-time-writer",
)
SERVICE = "lines"


class Broken(Lines):
    def more(self) -> None:
        self.buffer.clear()
        super().more()


run(Broken)
