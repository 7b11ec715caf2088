"""Processes that share out the work: they end when the pool has them ended, whatever handlers their parent has."""

import signal
import sys

import pytest

from iomodels.migrate.forked import can_fork, forked

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not fork")


def _how(number: int) -> str:
    handler = signal.getsignal(number)
    return handler.name if isinstance(handler, signal.Handlers) else "a handler of Python's"


def test_the_parents_handlers_are_not_theirs() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with forked(1) as pool:
            told = pool.map(_how, [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == ["SIG_DFL", "SIG_DFL", "SIG_IGN"]
