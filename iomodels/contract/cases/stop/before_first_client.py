"""SIGTERM right behind the ready line ends the server at once, with exit status 0.

Supervisors start and stop in the same breath. A server that says it is ready before its handler is in place dies of the
signal; one whose wait has no client to wake it misses it.
"""

import signal

from iomodels.contract.trial import Trial

REFERENCE = "signal(7), the race of UNP 5.8 and 20.5 (a signal between the check and the wait); cpython#130141"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    other.server.signal(signal.SIGTERM)
    other.server.expect_end()
