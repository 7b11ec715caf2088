"""One SIGTERM among ten thousand other signals is not lost.

A handler that only sets a flag may set it between the check and the wait. A pipe that handlers write to may be full,
and the byte for SIGTERM the one that does not fit.
"""

import signal

from iomodels.contract.server import HARMLESS
from iomodels.contract.trial import Trial

REFERENCE = "cpython#74224: signals and the wakeup descriptor; signal(7): standard signals do not queue"
NEEDS = {"process"}
STORM = 10_000


def check(trial: Trial) -> None:
    other = trial.another()
    client = other.connect()
    client.exchange(*trial.talk(64))
    for number in range(STORM):
        other.server.signal(HARMLESS[number % len(HARMLESS)])
        if number == STORM // 2:
            other.server.signal(signal.SIGTERM)
    other.server.expect_end()
    client.expect_fin()
