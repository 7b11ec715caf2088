"""With a hundred idle connections the server uses next to no CPU time.

A poller that reports what nobody deals with (a half-closed client, a listener without a free slot, a socket that is
always writable) turns at full speed, and nobody notices but the neighbours.
"""

import time

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "poll(2): POLLOUT holds whenever there is room; cpython#151615"
NEEDS = {"process"}
IDLE = 100
SPAN = 0.5  # seconds measured at a time
SPANS = 4  # one of them must be quiet: what was begun before may still be under way in the first
MOST = 0.1  # of a core


def check(trial: Trial) -> None:
    clients = trial.crowd(trial.room(IDLE))
    for client in clients:
        client.exchange(*trial.talk(64))
    shares: list[float] = []
    while not shares or shares[-1] > MOST:
        if len(shares) == SPANS:
            raise Broken(f"with {len(clients)} idle connections the server uses {min(shares):.0%} of a core or more")
        began, used = time.monotonic(), trial.server.cpu()
        time.sleep(SPAN)
        shares.append((trial.server.cpu() - used) / (time.monotonic() - began))
