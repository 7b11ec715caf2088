"""Out of descriptors, with clients in the backlog, the server sleeps: it uses little CPU time and writes little.

The listener stays readable, because nobody can be accepted: a loop that waits for it comes back at once, for ever.
"""

import time

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.client import Client, any_ready
from iomodels.contract.trial import KIB, Trial

REFERENCE = "accept(2), EMFILE; ThreadingTCPServer used 2 s of CPU in 2 s, asyncio logged 1.9 MB (measured)"
NEEDS = {"process", "linux"}
SPARE = 20
CLIENTS = 80
SETTLED = 0.15  # seconds without a reply after which the descriptors are used up
SPAN = 0.3  # seconds measured at a time
SPANS = 4  # without a reply; one of them must be quiet: it may still be busy with those whom it serves
MOST = 0.3  # of them, more than when idle: a model may poll
LOG = 64 * KIB


def check(trial: Trial) -> None:
    other = trial.short_of_descriptors(SPARE)
    first = other.connect()
    first.exchange(*other.talk(64))
    idle = _busy(other, first)
    request, reply = other.talk(64)
    clients = other.press(CLIENTS)
    waiting = set(clients)
    settled = SETTLED if trial.profile.isolation == "none" else trial.patience  # a process needs its time to begin
    for client in clients:
        client.send(request)
    busy_spans = 0
    while busy_spans < SPANS:
        were = len(waiting)
        while ready := any_ready(waiting, settled):
            for client in ready:
                client.expect(reply, sent=request)
                waiting.remove(client)
        if not waiting:
            raise NotApplicable(f"its descriptors do not run out: it serves {len(clients)} clients with {SPARE} to spare")
        busy = _busy(other, first)
        if busy - idle <= MOST:
            break
        busy_spans += len(waiting) == were
    else:
        words = f"with {len(waiting)} clients waiting and no descriptor for them"
        raise Broken(f"{words} the server wants {busy:.0%} of a core, and {idle:.0%} when idle")
    if (size := len(other.server.log())) > LOG:
        words = f"{len(waiting)} clients waiting and no descriptor for them"
        raise Broken(f"{words} make the server write {size / KIB:.0f} KiB to standard error{other.server.last_words()}")


def _busy(trial: Trial, witness: Client) -> float:
    """The share of the time in which the server has something to do, while its clients do nothing."""
    began, used = time.monotonic(), trial.server.busy()
    if any_ready([witness], SPAN):
        raise Broken("a client who was served is ended, although it asked for nothing")
    return (trial.server.busy() - used) / (time.monotonic() - began)
