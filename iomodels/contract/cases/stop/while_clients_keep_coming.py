"""SIGTERM is heard by a server to which clients come without a pause.

A loop that accepts until nobody waits has no end while they come faster than they are dealt with, and what stands behind it in
the code, the look at the signal among it, is never reached.
"""

import contextlib
import signal
import threading

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "epoll(7), on starvation; accept(2)"
NEEDS = {"process"}
CROWDS = 16  # so many clients at a time: some of them wait at any moment, and the queue is never full
CLIENTS = 10  # of each crowd, before the signal


def check(trial: Trial) -> None:
    other = trial.another()
    begun = [threading.Event() for _ in range(CROWDS)]
    over = threading.Event()
    crowds = [threading.Thread(target=_come, args=(other, event, over), daemon=True) for event in begun]
    for crowd in crowds:
        crowd.start()
    try:
        for event in begun:
            event.wait()
        other.server.signal(signal.SIGTERM)
        other.server.expect_end()
    finally:
        over.set()
        for crowd in crowds:
            crowd.join()


def _come(trial: Trial, begun: threading.Event, over: threading.Event) -> None:
    """Connect and leave, again and again until nobody listens any more."""
    count = 0
    with contextlib.suppress(OSError, Broken):
        while not over.is_set():
            with trial.connect() as client:
                client.half_close()
                client.read_to_end()
            count += 1
            if count == CLIENTS:
                begun.set()
    begun.set()
