"""A thousand clients that come and go leave no descriptor, thread or child behind, and hardly any memory.

A third closes without a word, a third with its reply unread, a third with RST. Each takes another way out of the
server, and each way must lead past the place where it cleans up. What is made once for each of many processes, or copied when
first touched after a fork, is no leak: a server that has grown must do so again with the next thousand.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import MIB, Trial

REFERENCE = "cpython#81374: socketserver kept a thread object for each request; UNP 5.13"
NEEDS = {"process"}
CLIENTS = 1000
CLIENTS_OF_PROCESSES = 120  # where each costs a fork
BATCH = 5  # at a time: they fit into the smallest backlog, socketserver's
GROWTH = 4 * MIB
SPANS = 2


def check(trial: Trial) -> None:
    _visit(trial, 30)  # what is made once, for the first of a kind, is made now
    trial.server.rest()
    before = trial.server.usage()
    clients = CLIENTS if trial.profile.isolation == "none" else CLIENTS_OF_PROCESSES
    for _ in range(SPANS):
        memory = trial.server.memory()
        _visit(trial, clients)
        trial.server.comes_back_to(before)
        grown = trial.server.memory() - memory
        if grown <= GROWTH:
            return
    raise Broken(f"the server has grown by {grown / MIB:.1f} MiB over {clients:,} clients, and not for the first time")


def _visit(trial: Trial, count: int) -> None:
    request, _ = trial.talk(64)
    for _ in range(0, count, BATCH):
        for number in range(BATCH):
            client = trial.connect()
            if number % 3:
                client.offer(request)
            client.reset() if number % 3 == 2 else client.close()
        trial.is_well()
