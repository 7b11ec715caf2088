"""A client that resets the connection between two messages harms nobody.

The server is asleep in its wait then, and learns of the reset from a read that fails with ECONNRESET where it expects
data or the end.
"""

from iomodels.contract.trial import Trial

REFERENCE = "recv(2), ECONNRESET; eliben's threaded, select and epoll servers end at one reset (measured)"


def check(trial: Trial) -> None:
    with trial.witness():
        client = trial.connect()
        client.exchange(*trial.talk(64))
        client.reset()
