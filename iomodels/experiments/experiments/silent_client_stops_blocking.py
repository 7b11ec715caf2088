"""One client that connects and says nothing stops a blocking server for all others.

The silent client comes first and stays; the others come while it is there, ask once each, and leave when they are answered. A
server that is not stopped answers them all before the silent one leaves. Beside the blocking server stand others that wait in
another way, and one on asyncio that awaits each client to its end before it takes the next.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller, answers
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

MEASURED = "the time until each of ten others is answered, in ms, and how many are before the silent client leaves"
SOURCE = "W. R. Stevens, UNIX Network Programming, volume 1, 6.2 (the blocking I/O model) and 30.4 (the iterative server)"

BLOCKING = "sockets/blocking"
SERVERS = (
    BLOCKING,
    "asyncio/blocking",
    "sockets/threads",
    "sockets/fork",
    "sockets/select",
    "sockets/epoll",
    "asyncio/threads",
    "trio/threads",
)
OTHERS = 10


@dataclass(frozen=True)
class Seen:
    """What became of the others: the seconds until each was answered, and how many were while the silent client was there."""

    waited: Sequence[float]
    before: int


def run(lab: Lab) -> Answer:
    stay = lab.pick(0.5, 2.0)
    seen = {}
    for name in SERVERS:
        lab.say(name)
        with lab.serve(name) as server:
            seen[name] = look(server, stay)
    return judge(seen, stay)


def look(server: Server, stay: float) -> Seen:
    """The others' fate while one client is silent for `stay` seconds."""
    with ExitStack() as stack:
        silent = stack.enter_context(Caller(server))
        others = [stack.enter_context(Caller(server)) for _ in range(OTHERS)]
        for caller in others:
            caller.send()
        waited = {caller: _leave(caller, seconds) for caller, seconds in answers(others, stay)}
        before = len(waited)
        silent.close()
        # One after the other, each when the one before it has left: a server that has been stopped takes them so.
        left = [caller for caller in others if caller not in waited]
        waited.update((caller, _leave(caller, caller.hear())) for caller in left)
        return Seen(list(waited.values()), before)


def _leave(caller: Caller, seconds: float) -> float:
    caller.close()
    return seconds


def judge(seen: Mapping[str, Seen], stay: float) -> Answer:
    """Whether the blocking server answered nobody before the silent client left."""
    blocking = seen[BLOCKING]
    free = [name for name, each in seen.items() if each.before == OTHERS]
    verdict = {0: Verdict.HOLDS, OTHERS: Verdict.DOES_NOT_HOLD}.get(blocking.before, Verdict.DEPENDS)
    says = (
        f"While one client said nothing for {number(stay)} s, {BLOCKING} answered {blocking.before or 'none'} of {OTHERS}"
        f" others (they waited {duration(median(blocking.waited) * 1e9)})"
    )
    if free:
        slowest = max(free, key=lambda name: max(seen[name].waited))
        longest = duration(max(seen[slowest].waited) * 1e9)
        says += f"; {len(free)} of {len(seen)} servers answered all of them, the slowest ({slowest}) within {longest}"
    inline = seen.get("asyncio/blocking")
    because = ""
    if inline is not None and inline.before == 0:
        because = (
            "An `await` does not help where the next client is taken only after it: asyncio/blocking is stopped as well. What"
            " helps is somebody else who waits for the others: a thread, a process, a task, or a poller that watches them all."
        )
    rows = [
        [name, f"{each.before} of {OTHERS}", number(median(each.waited) * 1000), number(max(each.waited) * 1000)]
        for name, each in seen.items()
    ]
    return Answer(
        verdict=verdict,
        says=f"{says}.",
        table=[["server", "answered meanwhile", "median wait ms", "longest ms"], *rows],
        charts=[_chart(seen, stay)],
        because=because,
    )


def _chart(seen: Mapping[str, Seen], stay: float) -> Chart:
    return Chart(
        name="silent-client-stops-blocking",
        title="One silent client, and ten others who ask",
        description="How long the slowest of ten clients waits for its answer, by server, while another client says nothing.",
        x="",
        y="the longest wait of ten others, ms",
        kind="bars",
        log_y=True,
        categories=list(seen),
        series=[Series("the longest wait", [(place, max(each.waited) * 1000) for place, each in enumerate(seen.values())])],
        marks=[Mark("it leaves", y=stay * 1000)],
    )
