"""When the requests of an open loop are due: at times that no reply can move."""

import random
from collections.abc import Iterator
from itertools import count

from iomodels.load.spec import Spec

__all__ = ["NEVER", "arrivals"]

NEVER = 1 << 62  # nanoseconds; a century and a half
SECOND = 1_000_000_000


def arrivals(spec: Spec, start: int) -> Iterator[int]:
    """The times in nanoseconds, from `start` on: evenly, or as those of a Poisson process; NEVER, in a closed loop."""
    if spec.rate is None:
        while True:
            yield NEVER
    elif spec.arrivals == "constant":
        for number in count():
            yield start + int(number * SECOND / spec.rate)
    else:
        draw, at = random.Random(spec.seed), float(start)
        while True:
            at += draw.expovariate(spec.rate) * SECOND
            yield int(at)
