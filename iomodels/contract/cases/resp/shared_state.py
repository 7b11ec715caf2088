"""What one client sets another reads, and no INCR is lost when many clients count at once.

Read, add one, write is three steps, and between two of them another thread may count. Where each client, or each worker, has a
process of its own there is nothing to share: the profile says so.
"""

import os

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.resp import pack
from iomodels.contract.trial import Trial

REFERENCE = "https://redis.io/docs/latest/commands/incr/; this project: `state` of the profile"
SERVICES = ("resp",)
CLIENTS = 8
TIMES = 1000


def check(trial: Trial) -> None:
    if trial.profile.state == "connection":
        raise NotApplicable("its clients, or its workers, share no store")
    key = b"iomodels:contract:" + os.urandom(8)  # the store may be somebody's
    for request, reply in ((pack(b"SET", key, b"0"), b"+OK\r\n"), (pack(b"GET", key), b"$1\r\n0\r\n")):
        with trial.connect() as client:
            client.exchange(request, reply)
    clients = trial.crowd(trial.room(CLIENTS))
    for client in clients:
        client.send(pack(b"INCR", key) * TIMES)
    for client in clients:
        client.half_close()
    counts = sorted(int(count) for client in clients for count in client.read_to_end()[0].replace(b":", b"").split())
    with trial.connect() as client:
        client.exchange(pack(b"DEL", key), b":1\r\n")
    expected = len(clients) * TIMES
    if counts != list(range(1, expected + 1)):
        words = f"{len(clients)} clients counted {TIMES} times each: INCR must answer every number from 1 to {expected} once"
        raise Broken(f"{words}; it gave {len(counts)} answers, {len(set(counts))} different ones, {counts[-1:]} the last")
