"""Signals that come faster than a loop wakes, and one that a loop tells twice."""

import signal
from collections import Counter
from functools import partial
from types import FrameType
from typing import Any

__all__ = ["is_echo", "let_signals_pile_up"]

_came: Counter[int] = Counter()  # how often a handler was called for each signal
_told: Counter[int] = Counter()  # how often a loop has told of it


def let_signals_pile_up(*signals: int) -> None:
    """Once a loop handles these signals: when they come faster than it wakes (Ctrl-C is held down), they merge into one.

    A handler of trio's takes longer than the next signal takes to come: interrupted again and again it overflows the stack,
    unless those that come while it runs are dropped, as the kernel drops the second one that is pending (signal(7)). And a
    wakeup socket that is full, of which Python writes to standard error unless told, means but that the loop will wake
    (signal.set_wakeup_fd).
    """
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
    for number in signals:
        signal.signal(number, partial(_one_at_a_time, signal.getsignal(number), []))


def is_echo(number: int) -> bool:
    """Whether a loop tells of a signal, which piles up, more often than it came.

    uvloop does, of one that comes while it calls the handlers of others: it tells what the handler has noted, and then what is
    in the wakeup socket (0.22, loop.pyx, _invoke_signals; tests/upstream/test_uvloop_tells_signals_twice.py).
    """
    if _told[number] == _came[number]:
        return True
    _told[number] += 1
    return False


def _one_at_a_time(handler: Any, running: list[int], number: int, frame: FrameType | None) -> None:
    _came[number] += 1
    if not running:
        running.append(number)
        try:
            handler(number, frame)
        finally:
            running.clear()
