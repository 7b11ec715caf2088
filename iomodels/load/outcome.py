"""What a load came to: counts, times, and the latency of every request in a histogram; those of several processes add up."""

from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

__all__ = ["Outcome", "new_histogram"]

HIGHEST = 3600 * 1_000_000_000  # nanoseconds, which a latency may take at most; from 1 us on it is kept to three digits


def new_histogram() -> HdrHistogram:
    """An empty histogram of latencies in nanoseconds."""
    return HdrHistogram(1000, HIGHEST, 3)


@dataclass
class Outcome:
    """What was counted in one stretch of load.

    requests: whose reply came and was right, byte for byte. seconds: how long it took. cpu: seconds of CPU that the generator used.
    latency: of each request, in nanoseconds; in an open loop from the moment at which it was to be sent. asked: the rate that was
    wanted, requests a second (None: closed loop). late: requests of an open loop that were due and never sent. connects: connections made while
    counting. by_second: requests answered in each second. processes: generators that this comes from.
    """

    requests: int
    seconds: float
    cpu: float
    latency: HdrHistogram = field(default_factory=new_histogram)
    asked: float | None = None
    late: int = 0
    connects: int = 0
    by_second: list[int] = field(default_factory=list)
    processes: int = 1

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds
