"""Whether a thread runs or is suspended, as /proc says (proc(5)): R, running or ready to; S, suspended; - if it cannot say."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

__all__ = ["THREADS", "Watched", "own_state", "state_within"]

THREADS = Path("/proc/self/task")
AGREE = 5  # looks in a row: a thread that computes sleeps now and then as well, for the interpreter lock
LOOK = 0.001  # seconds between two looks: this is no event that one could wait for
PATIENCE = 10.0  # seconds after which a state is given up


def own_state() -> str:
    """That of the calling thread: R, unless it cannot be read."""
    return _state(threading.get_native_id())


def state_within(call: Callable[[], object], end: Callable[[], object], expected: str) -> str:
    """Make a call; another thread looks at its caller until that is in the state that is expected, then it `end`s the call."""
    with Watched(expected, end) as watched:
        call()
    return watched.state


class Watched:
    """Whoever is within is looked at from another thread until it is in the state that is expected; then that calls `end`.

    state: the one that was expected, if it was seen; known at the end of the block.
    """

    def __init__(self, expected: str, end: Callable[[], object]) -> None:
        self.state = "-"
        self._expected = expected
        self._end = end
        self._left = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(threading.get_native_id(),))

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._watcher.join()

    def _watch(self, caller: int) -> None:
        agreed, deadline = 0, time.monotonic() + PATIENCE
        try:
            while agreed < AGREE and THREADS.is_dir() and not self._left.is_set() and time.monotonic() < deadline:
                agreed = agreed + 1 if _state(caller) == self._expected else 0
                time.sleep(LOOK)
            self.state = self._expected if agreed == AGREE else "-"
        finally:
            self._end()


def _state(thread: int) -> str:
    try:
        return (THREADS / str(thread) / "stat").read_text().rpartition(")")[2].split()[0]  # its name may have parentheses
    except OSError:
        return "-"
