"""select cannot watch a descriptor numbered 1024 or above, however few are watched.

First alone: one end of a pipe, under the numbers 1023 and 1024, is handed to select and to poll. Then with clients: they come
until there are more than a thousand, and at each step all of them ask again. The servers are the loop of many tutorials,
which does not look at the number (`programs/naive_select.py`); sockets/select, which turns away whom it cannot watch; and
sockets/poll.
"""

import fcntl
import os
import select
from collections.abc import Mapping, Sequence

from iomodels.contract.server import Server
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.experiments._crowd import Crowd, need_descriptors
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series

MEASURED = "clients that have a reply when all who came ask again"
SOURCE = "select(2), BUGS; Stevens, UNIX Network Programming 1, 6.3"
NEEDS = {"linux"}

FD_SETSIZE = 1024
QUICK = (950, 1000, 1010, 1015, 1020, 1025, 1050, 1100)
THOROUGH = (900, 950, 1000, *range(1010, 1030), 1040, 1050, 1075, 1100)
TUTORIAL, OURS, POLL = "a tutorial's loop", "sockets/select", "sockets/poll"


def run(lab: Lab) -> Answer:
    steps = lab.pick(QUICK, THOROUGH)
    need_descriptors(steps[-1])
    lab.say("one descriptor, under the numbers 1023 and 1024")
    taken = [takes(FD_SETSIZE - 1), takes(FD_SETSIZE)]
    served = {}
    for name, serving in ((TUTORIAL, lab.program("naive_select")), (OURS, lab.serve(OURS)), (POLL, lab.serve(POLL))):
        lab.say(f"{name}: clients up to {steps[-1]:,}")
        with serving as server:
            served[name] = count(server, steps)
    return judge(taken, served)


def takes(number: int) -> bool:
    """Whether select watches a descriptor of this number; poll does, or this raises OSError."""
    reading, writing = os.pipe()
    copy = fcntl.fcntl(reading, fcntl.F_DUPFD, number)
    try:
        poller = select.poll()
        poller.register(copy, select.POLLIN)
        poller.poll(0)
        select.select([copy], [], [], 0)
    except ValueError:
        return False
    finally:
        for descriptor in (reading, writing, copy):
            os.close(descriptor)
    return True


def count(server: Server, steps: Sequence[int]) -> Mapping[int, int]:
    """How many are served, by how many have come."""
    served = {}
    with Crowd(server) as crowd:
        for size in steps:
            crowd.grow(size)
            served[size] = crowd.served()
    return served


def judge(taken: Sequence[bool], served: Mapping[str, Mapping[int, int]]) -> Answer:
    """taken: whether select watches descriptor 1023, and 1024. served: clients with a reply, by server and by how many came."""
    steps = list(served[POLL])
    last = steps[-1]
    limited = taken == [True, False]
    alone = "select watches descriptor 1023 and raises ValueError at 1024" if limited else "select treats 1023 and 1024 alike"
    ends = f"with {last:,} clients a tutorial's loop serves {served[TUTORIAL][last]:,}, {OURS} {served[OURS][last]:,}"
    crashed = served[TUTORIAL][last] == 0 < served[POLL][last]
    return Answer(
        verdict=Verdict.HOLDS if limited else Verdict.DOES_NOT_HOLD,
        says=f"Alone, {alone}; {ends}, {POLL} {served[POLL][last]:,}.",
        because="The first client beyond the limit ends a loop that does not look, for all." if crashed else "",
        table=[["clients", *served], *([f"{size:,}", *(f"{counts[size]:,}" for counts in served.values())] for size in steps)],
        charts=[
            Chart(
                name="select-at-1024",
                title="Clients that are served when more than a thousand come",
                description="Lines: clients that have a reply against clients that have come, one line for each server.",
                x="clients connected",
                y="clients that have a reply",
                series=[Series(name, [(size, counts[size]) for size in steps]) for name, counts in served.items()],
                marks=[Mark("FD_SETSIZE", x=FD_SETSIZE)],
            )
        ],
    )
