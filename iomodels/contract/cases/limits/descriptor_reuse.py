"""A client that leaves and one that comes in the same instant each get their own answers, a thousand times.

The kernel gives the lowest free number, so the newcomer gets the descriptor of the one who left. What a server keeps by
descriptor (unsent replies, half a request, an event of the same wait) and does not forget in every way out, the newcomer
inherits.
"""

from iomodels.contract.client import Client
from iomodels.contract.trial import KIB, Trial

REFERENCE = "open(2): the lowest-numbered descriptor; epoll(7), Q6 and 'stale events'; twisted#12821"
TIMES = 1000
TIMES_PROCESSES = 200  # where each costs a fork
TOGETHER = 4  # they fit into the smallest backlog, socketserver's
UNREAD_EVERY = 10  # in so many rounds the leaving ones have asked for more than they read
UNREAD = 512 * KIB


def check(trial: Trial) -> None:
    together = trial.room(TOGETHER)
    times = TIMES if trial.profile.isolation == "none" else TIMES_PROCESSES
    flood, _ = trial.talk(UNREAD)
    leaving: list[Client] = []
    for turn in range(times // TOGETHER):
        for number, client in enumerate(leaving):
            if turn % UNREAD_EVERY == 0:
                client.offer(flood)
            elif number % 2:
                client.offer(flood[: 1 + number])
            client.reset() if number % 4 < 2 else client.close()
        coming = [trial.connect(receive_buffer=4 * KIB) for _ in range(together)]
        talks = [trial.talk(64, tag=turn * TOGETHER + number) for number in range(together)]
        for client, (request, _) in zip(coming, talks, strict=True):
            client.send(request)
        for client, (request, reply) in zip(coming, talks, strict=True):
            client.expect(reply, sent=request)
        leaving = coming
    for client in leaving:
        client.close()
    trial.is_well()
