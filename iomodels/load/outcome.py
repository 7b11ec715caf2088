"""What a load came to: counts, times, and the latency of every request in a histogram; those of several processes add up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from hdrh.histogram import HdrHistogram

__all__ = ["Outcome", "could_do_more", "is_full", "new_histogram"]

HIGHEST = 3600 * 1_000_000_000  # nanoseconds, which a latency may take at most; from 1 us on it is kept to three digits

SATURATED = 0.97  # of a core: a generator can do no more
IDLE = 0.93  # of a core: a server could do more


def is_full(cpu: float, seconds: float) -> bool:
    """Whether a generator that used so many seconds of CPU could do no more: then it was the limit, if the server was not."""
    return cpu > SATURATED * seconds


def could_do_more(cpu: float, seconds: float) -> bool:
    """Whether a server that used so many seconds of CPU had time to spare."""
    return cpu < IDLE * seconds


def new_histogram() -> HdrHistogram:
    """An empty histogram of latencies in nanoseconds."""
    return HdrHistogram(1000, HIGHEST, 3)


@dataclass
class Outcome:
    """What was counted in one stretch of load.

    requests: whose reply came and was right, byte for byte. seconds: how long it took. cpu: seconds of CPU that the
    generator used. latency: of each request, in nanoseconds; in an open loop from the moment at which it was to be sent.
    asked: the rate that was wanted, requests a second (None: closed loop). late: requests of an open loop that were due and
    never sent. connects: connections made while counting. dropped: slow connections that the server ended, and that were made
    anew. by_second: requests answered in each second. processes: generators that this comes from.
    """

    requests: int
    seconds: float
    cpu: float
    latency: HdrHistogram = field(default_factory=new_histogram)
    asked: float | None = None
    late: int = 0
    connects: int = 0
    dropped: int = 0
    by_second: list[int] = field(default_factory=list)
    processes: int = 1

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def held(self) -> bool:
        """Whether the rate that was wanted was kept up: 99 of 100 requests that were due went out."""
        return self.late <= 0.01 * (self.requests + self.late)

    def percentile(self, percent: float) -> float:
        """The latency in seconds that so many percent of the requests did not exceed."""
        return float(self.latency.get_value_at_percentile(percent)) / 1e9

    @classmethod
    def merge(cls, outcomes: Sequence["Outcome"]) -> "Outcome":
        """Those of loads that ran at the same time, as one."""
        latency = new_histogram()
        for outcome in outcomes:
            latency.add(outcome.latency)
        rates = [outcome.asked for outcome in outcomes if outcome.asked is not None]
        return cls(
            requests=sum(outcome.requests for outcome in outcomes),
            seconds=max(outcome.seconds for outcome in outcomes),
            cpu=sum(outcome.cpu for outcome in outcomes),
            latency=latency,
            asked=sum(rates) if rates else None,
            late=sum(outcome.late for outcome in outcomes),
            connects=sum(outcome.connects for outcome in outcomes),
            dropped=sum(outcome.dropped for outcome in outcomes),
            by_second=[sum(each) for each in zip_longest(*(outcome.by_second for outcome in outcomes), fillvalue=0)],
            processes=sum(outcome.processes for outcome in outcomes),
        )

    def dump(self) -> dict[str, Any]:
        """As JSON has it: the histogram is encoded."""
        return {**vars(self), "latency": self.latency.encode().decode()}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> "Outcome":
        """What `dump` made."""
        latency = new_histogram()
        latency.decode_and_add(dumped["latency"])
        return cls(**{**dumped, "latency": latency})
