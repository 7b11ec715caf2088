"""What is left in its buffer waits for more to come."""

from tests.broken._talks import Http, run

CAUGHT_BY = (
    "http/pipelining",
    "segmentation/many-in-one-segment",
    "http/expect-continue",
    "http/head-has-no-body",
    "integrity/pipelined-10000",
    "segmentation/split-at-every-border",
)
PERHAPS_BY = ("integrity/two-interleaved", "segmentation/byte-by-byte", "slow-peers/one-byte-at-a-time-writer")  # they coalesce
SERVICE = "http"


class Broken(Http):
    def read_head(self) -> None:
        self.more()
        super().read_head()


run(Broken)
