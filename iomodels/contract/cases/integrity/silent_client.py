"""Clients that connect and leave without a byte harm nobody.

Port scanners and health checks do it all day. A server that reads first and asks later meets the end of input where it
expects a request.
"""

from iomodels.contract.trial import Trial

REFERENCE = "recv(2): 0 is the end of input; it may come before any data"
CLIENTS = 20


def check(trial: Trial) -> None:
    with trial.witness():
        for _ in range(CLIENTS):
            trial.connect().close()
