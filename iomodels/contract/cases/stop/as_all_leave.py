"""Fifty clients leave, half of them with RST, in the instant of SIGTERM: the server ends as if they had left before.

It comes when the server is about to ask connections of which nothing is left: to shut one down is an error (ENOTCONN) then, and
so is waiting for a descriptor that its task has just closed. Load generators leave like this, and are stopped with the server.
"""

import signal

from iomodels.contract.trial import Trial

REFERENCE = "shutdown(2), ENOTCONN; a server on anyio and trio ended with a traceback when wrk left it (measured)"
NEEDS = {"process"}
CLIENTS = 50


def check(trial: Trial) -> None:
    other = trial.another()
    clients = other.crowd(other.room(CLIENTS))
    for tag, client in enumerate(clients):
        client.exchange(*other.talk(64, tag))
    with other.together():
        for tag, client in enumerate(clients):
            client.reset() if tag % 2 else client.close()
        other.server.signal(signal.SIGTERM)
    other.server.expect_end()
