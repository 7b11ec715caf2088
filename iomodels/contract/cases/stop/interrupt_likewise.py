"""Ctrl-C ends a server with idle clients as SIGTERM does: FIN to each, exit status 0, no traceback.

A terminal sends SIGINT to the whole process group, so workers get it as well as their parent. Python's default makes a
KeyboardInterrupt of it in each of them, which surfaces wherever the main thread happens to be.
"""

from iomodels.contract.trial import Trial

REFERENCE = "termios(3), ISIG; Python library reference, signal: SIGINT is translated into KeyboardInterrupt"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    clients = other.crowd(other.room(8))
    for tag, client in enumerate(clients):
        client.exchange(*trial.talk(64, tag))
    other.server.interrupt()
    other.server.expect_end()
    for client in clients:
        client.expect_fin()
