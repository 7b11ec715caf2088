"""What is counted while load runs: a latency is one step in a list of counters, and the histogram is made at the end."""

from hdrh.histogram import HdrHistogram

from iomodels.load.outcome import new_histogram

__all__ = ["SHIFT", "Tally"]

SHIFT = 9  # a counter for each 512 ns, as wide as the histogram's own narrowest
SPAN = 1 << 17  # counters, together 67 ms; what took longer is kept one by one


class Tally:
    """The latencies of one stretch.

    counts: how many took how long, in steps of 512 ns; `counts[nanoseconds >> SHIFT] += 1` is all that a loop does, and
    where that is an IndexError it appends the nanoseconds to `beyond`. So nothing is kept per request, however long it runs,
    and no work is put off to a moment at which it would delay a reply.
    """

    __slots__ = ("beyond", "counts")

    def __init__(self) -> None:
        self.counts = [0] * SPAN
        self.beyond: list[int] = []

    @property
    def total(self) -> int:
        """Latencies counted."""
        return sum(self.counts) + len(self.beyond)

    def histogram(self) -> HdrHistogram:
        """The same, as a histogram."""
        histogram = new_histogram()
        for step, count in enumerate(self.counts):
            if count:
                histogram.record_value((step << SHIFT) + (1 << SHIFT - 1), count)
        for latency in self.beyond:
            histogram.record_value(min(latency, histogram.highest_trackable_value))
        return histogram
