"""A client that resets the connection costs the log at most one line more than a client that takes its leave.

Vanishing clients are daily bread, and anybody can send thousands: a traceback for each buries what matters and fills
the disk.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "measured: ThreadingTCPServer wrote 121 tracebacks for 120 resets, asyncio 1.9 MB at EMFILE"
NEEDS = {"process"}
CLIENTS = 20


def check(trial: Trial) -> None:
    polite = _lines_logged(trial, reset=False)
    reset = _lines_logged(trial, reset=True)
    if reset > polite + CLIENTS:
        words = f"{CLIENTS} clients that reset the connection cost {reset} lines of log, {CLIENTS} that half-closed it {polite}"
        raise Broken(words + trial.server.last_words())


def _lines_logged(trial: Trial, *, reset: bool) -> int:
    before = len(trial.server.log().splitlines())
    for _ in range(CLIENTS):
        client = trial.connect()
        client.exchange(*trial.talk(64))
        if reset:
            client.reset()
        else:
            client.half_close()
            client.expect_fin()
    trial.server.rest()
    return len(trial.server.log().splitlines()) - before
