"""Each client sees FIN when its own conversation ends, while others, come before it and after it, stay open.

A forked process has copies of all descriptors. As long as one of them is open the kernel sends no FIN, so a parent that keeps
its own copy, or a child that keeps those of the clients before it, ties every conversation's end to somebody else's.
"""

from iomodels.contract.trial import Trial

REFERENCE = "UNP 4.8 (descriptor reference counts of a concurrent server); fork(2); close(2)"
CLIENTS = 4


def check(trial: Trial) -> None:
    clients = trial.crowd(trial.room(CLIENTS))
    for number, client in enumerate(clients):
        client.exchange(*trial.talk(64, tag=number))
    clients.append(clients.pop(0))  # the first ends last: one goes that has both older and newer ones beside it
    while clients:
        client = clients.pop(0)
        client.half_close()
        client.expect_fin()
        for number, other in enumerate(clients):
            other.exchange(*trial.talk(64, tag=number))
