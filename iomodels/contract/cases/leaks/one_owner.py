"""Each connection is open in one process of the server only.

A connection ends for the client when the last process has closed it. A parent that keeps what it has handed to its
child, or a child that has inherited another's client, holds back the FIN and runs out of descriptors.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "UNP 4.8: the reference count of a connected socket after fork; accept4(2), SOCK_CLOEXEC"
NEEDS = {"process", "linux"}


def check(trial: Trial) -> None:
    clients = trial.crowd(trial.room(5))
    for tag, client in enumerate(clients):
        client.exchange(*trial.talk(64, tag))
    trial.server.rest()
    for client in clients:
        owners = trial.server.holders(trial.inode(client))
        if len(owners) != 1:
            raise Broken(f"{len(owners)} processes have one connection open: {owners}; the first one is {trial.server.pid}")
