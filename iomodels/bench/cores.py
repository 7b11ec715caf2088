"""Which core is whose: the server has one, the load another, so that neither takes the other's time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["on_core", "two_cores"]


def two_cores() -> tuple[int, int]:
    """The server's core and the generator's: the first two that this process may use, or the only one twice."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[min(1, len(allowed) - 1)]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Have what is started in this block run on `core` from its first instruction, its threads and children included."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
