"""Whether a thread runs or is suspended, as /proc says (proc(5)): R, running or ready to; S, suspended; - if it cannot say."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["THREADS", "own_state", "state_within"]

THREADS = Path("/proc/self/task")
AGREE = 5  # looks in a row: a thread that computes sleeps now and then as well, for the interpreter lock
LOOK = 0.001  # seconds between two looks: this is no event that one could wait for
PATIENCE = 10.0  # seconds after which a state is given up


def own_state() -> str:
    """That of the calling thread: R, unless it cannot be read."""
    return _state(threading.get_native_id())


def state_within(call: Callable[[], object], end: Callable[[], object], expected: str) -> str:
    """Make a call in a thread, look at the thread until it is in the state that is expected, then `end` the call."""
    caller = threading.Thread(target=call)
    caller.start()
    agreed, deadline = 0, time.monotonic() + PATIENCE
    try:
        while agreed < AGREE and THREADS.is_dir() and caller.is_alive() and time.monotonic() < deadline:
            agreed = agreed + 1 if _state(caller.native_id) == expected else 0
            time.sleep(LOOK)
    finally:
        end()
        caller.join()
    return expected if agreed == AGREE else "-"


def _state(thread: int | None) -> str:
    try:
        return (THREADS / str(thread) / "stat").read_text().rpartition(")")[2].split()[0]  # its name may have parentheses
    except OSError:
        return "-"
