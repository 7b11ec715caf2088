"""A second SIGTERM ends a server at once that waits for a client which does not read.

The first asks, the second insists. A handler that puts itself back, or a loop that handles signals only between two
waits, leaves SIGKILL as the only way.
"""

import signal

from iomodels.contract.server import AT_ONCE
from iomodels.contract.trial import Trial

REFERENCE = "uvicorn, hypercorn and docker compose: the first signal drains, the second ends; signal(7)"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    other.stuck()
    other.begin_stop()
    other.server.signal(signal.SIGTERM)
    other.server.wait(AT_ONCE)
