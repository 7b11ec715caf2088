"""SIGTERM ends a server with idle clients at once: FIN to each of them, exit status 0.

What `systemctl stop`, `docker stop` and `kill` send. A server that joins its clients' threads, or closes its listener
and waits for those it has, stays until it is killed; one that has no handler dies of it, with whatever it was doing.
"""

import signal

from iomodels.contract.trial import Trial

REFERENCE = "signal(7); systemd.kill(5): SIGTERM first, and SIGKILL for what has not ended in time"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    clients = other.crowd(other.room(8))
    for tag, client in enumerate(clients):
        client.exchange(*trial.talk(64, tag))
    other.server.signal(signal.SIGTERM)
    other.server.expect_end()
    for client in clients:
        client.expect_fin()
