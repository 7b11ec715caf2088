"""With few connections, threads with blocking calls are no slower than select or epoll.

The same load on the three of them in turns, one request in flight on each connection, from one connection up. What is compared
is the CPU that a request costs the server, for it depends least on what else the machine does; requests a second stand beside
it. Few means up to ten here; threads are no slower where a request costs them at most 15 per cent more than the cheaper of the
other two, as the median over rounds.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from iomodels.bench.measuring import Measurement
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

MEASURED = "CPU of the server per request, in us, and requests a second, by number of connections"
SOURCE = "D. Kegel, The C10K problem; P. Tyma, Thousands of Threads and Blocking I/O (2008)"
NEEDS = {"linux"}

THREADS, OTHERS = "sockets/threads", ("sockets/select", "sockets/epoll")
FEW = 10
NO_SLOWER = 1.15  # times the cost


@dataclass(frozen=True)
class Load:
    """One server under one load. cost: us of CPU per request. rate: requests a second. switches: of context, per request."""

    cost: float
    rate: float
    switches: float

    @classmethod
    def of(cls, measured: Measurement) -> "Load":
        return cls(measured.cost, measured.outcome.rate, measured.switches.all / measured.outcome.requests)


Rounds = Mapping[int, Mapping[str, Sequence[Load]]]  # by connections, and then by server


def run(lab: Lab) -> Answer:
    points = lab.pick((1, 2, 5, 100), (1, 2, 3, 5, 10, 30, 100, 300))
    rounds: dict[int, dict[str, list[Load]]] = {}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(lab.serve(name)) for name in (THREADS, *OTHERS)}
        for turn in range(lab.pick(2, 4)):
            for connections in points:
                lab.say(f"round {turn + 1}, {connections} connections")
                for name, server in servers.items():
                    measured = lab.load(server, lab.pick(0.15, 0.5), connections=connections, warm_up=lab.pick(0.03, 0.25))
                    rounds.setdefault(connections, {}).setdefault(name, []).append(Load.of(measured))
    return judge(rounds)


def judge(rounds: Rounds) -> Answer:
    """Whether threads are no slower at each of the few, and where they begin to be."""
    ratios = {connections: _ratio(by_server) for connections, by_server in rounds.items()}
    slower = {connections: ratio > NO_SLOWER for connections, ratio in ratios.items()}
    few = [connections for connections in ratios if connections <= FEW]
    first, last = min(ratios), max(ratios)
    turns = next((each for each in ratios if all(slower[other] for other in ratios if other >= each)), None)
    if not any(slower[each] for each in few):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DOES_NOT_HOLD if all(slower[each] for each in few) else Verdict.DEPENDS
    before = max((each for each in ratios if turns is not None and each < turns), default=None)
    crossing = "" if before is None else f"it turns between {before} and {turns} connections"
    many = rounds[last]
    cheapest = min(OTHERS, key=lambda name: _cost(many[name]))
    return Answer(
        verdict=verdict,
        says=(
            f"A request costs threads {number(ratios[first])} times what it costs the cheaper of select and epoll with"
            f" {_connections(first)}, and {number(ratios[last])} times with {_connections(last)}"
            f" ({number(_cost(many[THREADS]))} us of CPU against {number(_cost(many[cheapest]))})."
        ),
        crossing=crossing,
        because=_because(rounds, first, last, cheapest),
        table=_table(rounds, ratios),
        charts=[_chart(rounds, before, turns)],
    )


def _ratio(by_server: Mapping[str, Sequence[Load]]) -> float:
    """What threads cost, in what the cheaper of the others costs in the same round."""
    threads, select, epoll = (by_server[name] for name in (THREADS, *OTHERS))
    turns = zip(threads, select, epoll, strict=True)
    return median(ours.cost / min(one.cost, other.cost) for ours, one, other in turns)


def _cost(loads: Sequence[Load]) -> float:
    return median(load.cost for load in loads)


def _because(rounds: Rounds, first: int, last: int, other: str) -> str:
    """The context switches: they tell why it turns."""
    threads = {where: median(load.switches for load in rounds[where][THREADS]) for where in (first, last)}
    others = {where: median(load.switches for load in rounds[where][other]) for where in (first, last)}
    at_last = number(others[last]) if others[last] >= 0.01 else "hardly any"
    return (
        f"With {_connections(first)} each of them sleeps and is woken for a request ({number(threads[first])} and"
        f" {number(others[first])} context switches a request), and a thread needs no call to learn whom to read from. With"
        f" {_connections(last)} {other} finds many ready at a time and makes {at_last}; threads make"
        f" {number(threads[last])}."
    )


def _table(rounds: Rounds, ratios: Mapping[int, float]) -> list[list[str]]:
    names = (THREADS, *OTHERS)
    short = [name.partition("/")[2] for name in names]
    head = ["connections", *(f"{name} us" for name in short), "ratio", *(f"{name} requests/s" for name in short)]
    return [head] + [
        [
            str(connections),
            *(number(_cost(by_server[name])) for name in names),
            number(ratios[connections]),
            *(number(median(load.rate for load in by_server[name])) for name in names),
        ]
        for connections, by_server in rounds.items()
    ]


def _chart(rounds: Rounds, before: int | None, turns: int | None) -> Chart:
    def line(name: str) -> Series:
        costs = {connections: [load.cost for load in by_server[name]] for connections, by_server in rounds.items()}
        return Series(
            name.partition("/")[2],
            [(connections, median(each)) for connections, each in costs.items()],
            low=[min(each) for each in costs.values()],
            high=[max(each) for each in costs.values()],
        )

    marks = [] if before is None or turns is None else [Mark("it turns", x=(before * turns) ** 0.5)]
    return Chart(
        name="threads-no-slower-with-few",
        title="Threads, select and epoll by number of connections",
        description="Lines: CPU per request of a thread per connection, of select and of epoll, from one connection to many.",
        x="connections, one request in flight on each",
        y="us of CPU per request",
        log_x=True,
        series=[line(name) for name in (THREADS, *OTHERS)],
        marks=marks,
    )


def _connections(count: int) -> str:
    return "one connection" if count == 1 else f"{count} connections"
