"""How much of a core a thread wants: the time in which it runs, and in which it is ready to and waits for a core.

On a busy machine a thread runs less than it would, but wants the same (schedstat, Linux).
"""

import sys
from pathlib import Path

__all__ = ["wanted"]

SCHEDSTAT = Path("/proc/thread-self/schedstat")


def wanted() -> int:
    """Nanoseconds that the calling thread has wanted until now. Ends the program where the kernel does not tell."""
    try:
        ran, waited, _ = SCHEDSTAT.read_text().split()
    except OSError as error:
        print(f"the kernel does not tell how long threads run and wait: {SCHEDSTAT}: {error.strerror}", file=sys.stderr)
        raise SystemExit(3) from error
    return int(ran) + int(waited)
