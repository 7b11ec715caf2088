"""A hundred clients that end their input in the middle of a request, and then go, leave nothing behind.

End of input is a read of nothing, which a loop that reads until a request is complete takes for more to come: it turns
for ever, in a thread or a child that nobody misses.
"""

from iomodels.contract.trial import Trial

REFERENCE = "read(2): zero is end of file, again and again; UNP 6.6"
NEEDS = {"process"}
CLIENTS = 100
BATCH = 5  # at a time: they fit into the smallest backlog, socketserver's


def check(trial: Trial) -> None:
    _visit(trial, 10)  # what is made once, for the first of a kind, is made now
    trial.server.rest()
    before = trial.server.usage()
    _visit(trial, CLIENTS)
    trial.server.comes_back_to(before)


def _visit(trial: Trial, count: int) -> None:
    request, _ = trial.talk(64)
    for _ in range(0, count, BATCH):
        for number in range(BATCH):
            client = trial.connect()
            client.send(request[: len(request) // 2])
            client.half_close()
            client.reset() if number % 2 else client.close()
        trial.is_well()
