"""What the programs that show calls share: the table, something to compute, and Ctrl-C at the end of a row."""

import hashlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models.ground import states

__all__ = ["compute", "hold_interrupt", "legend", "row", "table"]

BLOCK = bytes(4 * 1024 * 1024)  # so much that hashlib lets go of the interpreter lock meanwhile


def compute(enough: threading.Event) -> None:
    """Compute until it is enough, and at least once."""
    hashlib.sha256(BLOCK).digest()
    while not enough.is_set():
        hashlib.sha256(BLOCK).digest()


@contextmanager
def table(title: str) -> Iterator[None]:
    """Within, rows are printed beneath the title; a blank line ends them."""
    print(f"{title}\n  {'call':28}{'what its caller did meanwhile':72}state")
    yield
    print()


def row(call: str, did: str, state: str) -> None:
    """A call, what its caller did meanwhile, the state that the caller was seen in. Raises KeyboardInterrupt if it was held."""
    print(f"  {call:28}{did:72}{state}", flush=True)
    if signal.SIGINT in signal.sigpending():
        raise KeyboardInterrupt


def hold_interrupt() -> None:
    """Let Ctrl-C wait for the end of a row: raised within a lock of a pool, it leaves the pool locked. Workers inherit that.

    Not before the first lock for processes is made: multiprocessing.resource_tracker, which starts with it, unblocks SIGINT
    (3.11 to 3.13).
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])


def legend() -> None:
    known = states.THREADS.is_dir()
    print("State: R, running; S, suspended." if known else "State: cannot be shown, this system has no /proc.")
