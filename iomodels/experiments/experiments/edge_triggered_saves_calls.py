"""Edge-triggered epoll is quicker than level-triggered epoll, since it needs fewer system calls.

One small server, told in three ways: by level; by edge, where it must read until EAGAIN lest it hear no more; by edge, where it
stops at a read that did not fill its buffer of 64 KiB (epoll(7), questions and answers, 9). The calls for a request are counted
under strace, for small and for large messages; what a small one costs is measured without it, the three by turns.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from iomodels.bench.calls import count_calls
from iomodels.bench.results import Point
from iomodels.contract.server import Launch
from iomodels.experiments.experiment import Answer, NotHere, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration, size_words
from iomodels.figures.chart import Chart, Series
from iomodels.trace.under import NoTracing

MEASURED = "system calls per request, and us of CPU per request, by how epoll tells of readiness"
SOURCE = "epoll(7)"
NEEDS = {"linux", "strace"}

LEVEL, EDGE, SHORT = "level", "edge", "edge-short"
WAYS = {LEVEL: "level", EDGE: "edge, until EAGAIN", SHORT: "edge, until a short read"}
KIB = 1024
SMALL = Point(connections=100)
POINTS = (SMALL, Point(connections=1, size=256 * KIB), Point(connections=1), Point(connections=20, size=256 * KIB))
CALLS = ("recvfrom", "sendto", "epoll_wait", "epoll_ctl")  # memory is asked for as well, which is none of epoll's affair
FEWER = 0.9  # of the calls: counts are nearly the same each time
QUICKER = 0.9  # of the CPU: medians of several rounds


def run(lab: Lab) -> Answer:
    calls: dict[Point, dict[str, float]] = {}
    for point in POINTS[: lab.pick(2, len(POINTS))]:
        for way in WAYS:
            lab.say(f"{way}: calls, {point}")
            try:
                counted = count_calls(_launch(way), point, lab.cores)
            except NoTracing as error:
                raise NotHere(str(error)) from error
            calls.setdefault(point, {})[way] = sum(counted.get(call, 0.0) for call in CALLS)
    rounds, seconds = lab.pick((3, 0.2), (7, 0.5))
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        servers = {way: stack.enter_context(lab.start(_launch(way))) for way in WAYS}
        for number in range(rounds):
            for way, server in servers.items():
                lab.say(f"{way}: CPU, round {number + 1} of {rounds}")
                costs[way].append(lab.load(server, seconds, connections=SMALL.connections, size=SMALL.size, warm_up=0.1).cost)
    return judge(calls, costs)


def _launch(way: str) -> Launch:
    return Launch([sys.executable, "-m", "iomodels.experiments.programs.edges", way])


def judge(calls: Mapping[Point, Mapping[str, float]], costs: Mapping[str, Sequence[float]]) -> Answer:
    """calls: per request, by load and way. costs: us of CPU for a small request, a round each.

    Holds if it is quicker, and needs fewer calls everywhere; depends if either is so somewhere.
    """
    saves = [point for point, by_way in calls.items() if min(by_way[EDGE], by_way[SHORT]) <= FEWER * by_way[LEVEL]]
    typical = {way: statistics.median(rounds) for way, rounds in costs.items()}
    best = min((EDGE, SHORT), key=lambda way: typical[way])
    quicker = typical[best] <= QUICKER * typical[LEVEL]
    if quicker and len(saves) == len(calls):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DEPENDS if quicker or saves else Verdict.DOES_NOT_HOLD
    small = calls[SMALL]
    return Answer(
        verdict=verdict,
        says=f"For {SMALL.size} bytes on {SMALL.connections} connections, level needs {small[LEVEL]:.2f} calls a request, edge "
        f"{small[EDGE]:.2f} until EAGAIN and {small[SHORT]:.2f} until a short read; in CPU, edge costs at best "
        f"{typical[best] / typical[LEVEL]:.2f} times as much.",
        crossing="fewer calls with " + "; ".join(_words(point) for point in saves)
        if verdict is Verdict.DEPENDS and saves
        else "",
        because=(
            ""
            if verdict is Verdict.HOLDS
            else "An edge is told once, so each must be read to its end, and the recv that finds the end is one more; who "
            "stops at a short read makes as many as with level. Waits are saved where a message takes several reads."
        ),
        table=[
            ["load", *WAYS.values()],
            *([f"calls, {_words(point)}", *(f"{by_way[way]:.2f}" for way in WAYS)] for point, by_way in calls.items()),
            [f"CPU, {_words(SMALL)}", *(duration(1000 * typical[way]) for way in WAYS)],
        ],
        charts=[
            Chart(
                name="edge-triggered-saves-calls",
                title="System calls per request, level- and edge-triggered",
                description="Bars for each load: what edge needs beside level, with small messages and with large ones.",
                x="load",
                y="system calls per request",
                series=[
                    Series(name, [(place, by_way[way]) for place, by_way in enumerate(calls.values())])
                    for way, name in WAYS.items()
                ],
                kind="bars",
                categories=[_words(point) for point in calls],
            )
        ],
    )


def _words(point: Point) -> str:
    return f"{size_words(point.size)}, {point.connections} connection{'s' if point.connections > 1 else ''}"
