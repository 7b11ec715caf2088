"""A server that polls burns a whole core when nobody asks for anything; one that waits burns none.

Ten clients connect, ask once and say no more. Then the server's time is taken: how long its threads ran, or were ready to run
and waited for a core, so that other programs on this machine do not make it less. Polling means here that every socket is asked
without a pause in between, in a program of plain sockets and in a task on asyncio that gives way with `sleep(0)`.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack

from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller, ask_at
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import percent
from iomodels.figures.chart import Chart, Series
from iomodels.figures.number import number

MEASURED = "time on a core, or waiting for one, while ten clients are connected and silent, in per cent of the time that passes"
SOURCE = "W. R. Stevens, UNIX Network Programming, volume 1, 6.2: polling is often a waste of CPU time"
NEEDS = {"linux"}

POLLING = {"sockets/nonblocking": ("--pause", "0"), "asyncio/nonblocking": ("--pause", "0")}
WAITING = (
    "sockets/threads",
    "sockets/select",
    "sockets/poll",
    "sockets/epoll",
    "sockets/signal_driven",
    "asyncio/threads",
    "trio/threads",
    "anyio/threads",
)
CLIENTS = 10
A_CORE = 0.9  # at least, of the time: on a machine where others run, a wait that has not ended yet is not counted yet
NONE = 0.05  # at most: to be woken once and wait for a core is something, on a busy machine


def run(lab: Lab) -> Answer:
    shares = {}
    for name in (*POLLING, *WAITING):
        lab.say(name)
        with lab.serve(name, *POLLING.get(name, ())) as server:
            shares[name] = busy_share(server, lab.pick(0.8, 2.0) if name in POLLING else lab.pick(0.3, 2.0))
    return judge(shares)


def busy_share(server: Server, seconds: float) -> float:
    """The part of the time for which an idle server runs, with some clients connected."""
    with ExitStack() as stack:
        ask_at([stack.enter_context(Caller(server)) for _ in range(CLIENTS)], [0.0] * CLIENTS)
        server.rest(0.2)  # what the last reply left to be done is not idling; one that polls never rests
        began, before = time.perf_counter(), server.busy()
        time.sleep(seconds)
        return (server.busy() - before) / (time.perf_counter() - began)


def judge(shares: Mapping[str, float]) -> Answer:
    """Whether all that poll take a core, and all that wait take next to nothing."""
    polling = {name: share for name, share in shares.items() if name in POLLING}
    waiting = {name: share for name, share in shares.items() if name not in POLLING}
    idle = [name for name, share in polling.items() if share < A_CORE]
    restless = [name for name, share in waiting.items() if share > NONE]
    if not idle and not restless:
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DOES_NOT_HOLD if len(idle) == len(polling) else Verdict.DEPENDS
    says = (
        f"Idle, {' and '.join(f'{name} takes {percent(share)}' for name, share in polling.items())} of a core; of"
        f" {len(waiting)} servers that wait none takes more than {percent(max(waiting.values()))}."
    )
    because = [f"{name} polls, and takes {percent(shares[name])}" for name in idle]
    because += [f"{name} waits, and takes {percent(shares[name])}" for name in restless]
    return Answer(
        verdict=verdict,
        says=says,
        crossing=f"not for {' and '.join((*idle, *restless))}" if verdict is Verdict.DEPENDS else "",
        because=f"{'; '.join(because)}." if because else "",
        table=[
            ["server", "it", "of a core, %"],
            *([name, "polls" if name in POLLING else "waits", number(100 * share)] for name, share in shares.items()),
        ],
        charts=[
            Chart(
                name="idle-polling-burns-a-core",
                title="What an idle server takes of a core",
                description="Bars: two servers that poll take a whole core, those that wait take next to nothing.",
                x="",
                y="of a core, %",
                kind="bars",
                categories=list(shares),
                series=[Series("of a core", [(place, 100 * share) for place, share in enumerate(shares.values())])],
            )
        ],
    )
