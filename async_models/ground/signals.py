"""Signals that come faster than a loop wakes."""

import signal
from functools import partial
from types import FrameType
from typing import Any

__all__ = ["let_signals_pile_up"]


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


def _one_at_a_time(handler: Any, running: list[int], number: int, frame: FrameType | None) -> None:
    if not running:
        running.append(number)
        try:
            handler(number, frame)
        finally:
            running.clear()
