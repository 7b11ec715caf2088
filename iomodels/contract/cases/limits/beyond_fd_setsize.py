"""Of 1,100 clients a server whose descriptors end at 1023 turns the surplus away and lives; any other serves them all.

select cannot name descriptor 1024. C programs write beyond an array; Python raises ValueError, and a server that does not look
at the number ends with its 1021st client, and takes the others along.
"""

import contextlib
import resource

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.client import End
from iomodels.contract.trial import Trial

REFERENCE = "select(2), FD_SETSIZE; UNP 6.3; CPython's select: 'filedescriptor out of range in select()'"
NEEDS = {"process"}
CLIENTS = 1100
TOGETHER = 5  # connect before the first is answered: a server that polls asks them all in one turn, and any backlog has room
ROOM = 1000  # at least: a server that says it holds fewer never comes to descriptor 1024
DESCRIPTORS = 4096
SAMPLE = 50


def check(trial: Trial) -> None:
    trial.needs_room_for(ROOM)
    if trial.profile.isolation == "process":
        raise NotApplicable("each client has a process, and with it a table of descriptors, of its own")
    _raise_limit(trial)
    other = trial.another()  # it inherits the limit
    talks = {}
    refused = 0
    for first in range(0, CLIENTS, TOGETHER):
        asked = {}
        for number in range(first, first + TOGETHER):
            client = other.connect()
            asked[client] = request, _ = other.talk(64, tag=number)
            with contextlib.suppress(Broken):  # it may be cut already
                client.offer(request)
        for client, (request, reply) in asked.items():
            if client.is_answered(reply):
                talks[client] = (request, reply)
            else:
                refused += 1
                client.close()
    if refused and other.profile.holds(CLIENTS):
        raise Broken(f"{refused} of {CLIENTS} clients were turned away, and the profile names no capacity")
    if len(talks) < min(ROOM, CLIENTS):
        raise Broken(f"only {len(talks)} of {CLIENTS} clients were served")
    if refused:
        came, end = other.connect().read_to_end()
        if came or end is not End.FIN:
            raise Broken(f"a client beyond the capacity, who said nothing, is turned away with {end.value}, not FIN", came=came)
    inside = list(talks)
    for client in [*inside[:SAMPLE], *inside[-SAMPLE:]]:
        client.exchange(*talks[client])
    for client in inside[-SAMPLE:]:
        client.half_close()
        client.expect_fin()
        client.close()
    other.is_well()


def _raise_limit(trial: Trial) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if wanted < CLIENTS + 200:
        raise NotApplicable(f"a process may have {hard} descriptors here (RLIMIT_NOFILE): too few for {CLIENTS} clients")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        trial.stack(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
