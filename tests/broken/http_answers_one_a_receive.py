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
SERVICE = "http"


class Broken(Http):
    def read_head(self) -> None:
        self.more()
        super().read_head()


run(Broken)
