"""Processes that share out the work on files. They are forked: what the parent has read they have without being sent it."""

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

__all__ = ["can_fork", "forked"]


def can_fork() -> bool:
    """Whether this system has such processes."""
    return hasattr(os, "fork")


def forked(jobs: int, begin: Callable[[], None] = lambda: None) -> "Pool":
    """So many processes, each of which calls `begin` first; to be used in a `with`, at whose end they end."""
    import multiprocessing  # a tenth of the time that a small scan takes

    return multiprocessing.get_context("fork").Pool(jobs, _begin, (begin,))


def _begin(begin: Callable[[], None]) -> None:
    """SIGTERM ends a child at once, as the pool counts upon, and Ctrl-C is its parent's affair.

    The handlers of the command line are Python's: of a signal that comes just before a wait in a semaphore they are told when
    the wait is over, which it may never be.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin()
