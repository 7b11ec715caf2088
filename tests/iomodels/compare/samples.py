"""A comparison that nobody made: the same figures each time, with everything in it that a report has to show."""

import math
from itertools import product

from iomodels import catalogue
from iomodels.bench.results import Cell, Point, Results, Round, Settings
from iomodels.compare.findings import Findings
from iomodels.compare.plan import Depth, Plan, plan
from iomodels.contract.case import all_cases
from iomodels.contract.runner import Result, Verdict
from iomodels.experiments.experiment import Answer, Experiment, Record
from iomodels.experiments.experiment import Verdict as Claim
from iomodels.experiments.run import Ran
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.load.outcome import new_histogram
from iomodels.report.verdicts import Column, Verdicts

RIVAL = "python yours.py --port {port} <&>"
VARIANTS = catalogue.variants()
METADATA = {
    "date": "2026-11-25T19:00:00+00:00",
    "kernel": "Linux 6.18",
    "processor": "A processor",
    "cores": "2",
    "load average": "0.10 0.20 0.30",
    "python": "CPython 3.11.9",
    "trio": "0.33.0",
}
COSTS = {
    "sockets": 7.0,
    "asyncio": 9.0,
    "asyncio+uvloop": 7.5,
    "asyncio+rloop": 8.0,
    "trio": 17.0,
    "anyio": 52.0,
    "anyio+trio": 21.0,
}


def findings(*, rival: bool = True, failure: bool = True) -> Findings:
    """All of it. failure: whether two cells failed, in one the server of the user's."""
    experiments = [made.experiment for made in claims()]
    left = Experiment("never-made", "Nobody had the time.", "", "", "", frozenset(), run=lambda _: answer(Claim.HOLDS))
    chosen = plan(Depth.USUAL, VARIANTS, all_cases(), [*experiments, left])
    against = [RIVAL] if rival else []
    columns = [*(Column(name, service="upper") for name in against), *(Column(variant.name) for variant in chosen.checked)]
    verdicts = Verdicts(columns, chosen.cases)
    for variant in chosen.checked:
        for case in verdicts.cases:
            reason = variant.profile.reason(case.id)
            verdicts.add(variant.name, Result(case, Verdict.NOT_APPLICABLE if reason else Verdict.PASS, reason or "", 0.01))
    for case in verdicts.cases if rival else ():
        broken = failure and case.id in ("reset/unread-replies", "stop/in-mid-reply")
        detail = "the server has ended: status 1\n  ConnectionResetError: [Errno 104] <reset>" if broken else ""
        verdicts.add(RIVAL, Result(case, Verdict.FAIL if broken else Verdict.PASS, detail, 0.01))
    return Findings(
        plan=chosen,
        metadata=METADATA,
        verdicts=verdicts,
        results=results(chosen, against),
        against=against,
        ran=claims(),
        unmade=[left],
        seconds={"contract": 71.0, "costs": 82.5, "experiments": 61.2},
        says={variant.name: variant.says for variant in VARIANTS},
        swept=[Point(connections=each) for each in chosen.sweep],
    )


def results(plan: Plan, against: list[str]) -> Results:
    """Of some servers three rounds at 100 connections; of the others, and at other numbers of connections, one."""
    assert plan.reference is not None
    again = ["ceiling", *against, *plan.again]
    rounds = {(name, 100): 3 if name in again else 1 for name in [*again, *(each.name for each in plan.measured)]}
    rounds |= dict.fromkeys(product(["ceiling", *against, *plan.swept], plan.sweep), 1)
    for variant in plan.measured:
        if isinstance(variant.profile.capacity, int) and variant.profile.capacity < 100:
            del rounds[variant.name, 100]
            rounds |= dict.fromkeys(product([variant.name, plan.reference], [variant.profile.capacity]), 1)
    places = list(dict.fromkeys(name for name, _ in rounds))
    cells = []
    for (name, connections), number in rounds.items():
        cost = COSTS.get(name.partition("/")[0], 6.0) + places.index(name) % 5
        cells.append(cell(name, Point(connections=connections), cost * (1 + 0.1 * math.log10(connections)), number))
    return Results(
        METADATA,
        Settings(3, 0.4, 0.13, (0, 1)),
        reference="sockets/epoll",
        cells=cells,
        skipped={"sockets/asyncore": "there is no asyncore in this Python", **plan.unmeasured},
        failed={"asyncio+rloop/threads": "it answered wrongly: byte 3 is 'x', and 'X' was owed"},
        remarks=["system calls are not counted: strace is not installed"],
    )


def cell(name: str, point: Point, cost: float, rounds: int) -> Cell:
    """A cell whose rounds lie 5 % apart; the generator was the limit of the first server's."""
    latency = new_histogram()
    for step in range(100):
        latency.record_value(int(cost * 1000 * point.connections * (1 + 40 * (step / 100) ** 60)), 200)
    made = [one_round(number, name, point, cost * (1 + 0.05 * (number - 2))) for number in range(1, rounds + 1)]
    return Cell(name, point, made, latency)


def one_round(number: int, name: str, point: Point, cost: float) -> Round:
    """0.4 seconds, in which the server was busy for 0.38."""
    busy = 0.3 if name == "ceiling" else 0.38
    requests = int(busy / cost * 1e6)
    return Round(
        number=number,
        requests=requests,
        seconds=0.4,
        server_cpu=cost * requests / 1e6,
        generator_cpu=0.4 if name == "ceiling" else 0.3,
        taken=0.0,
        processes_gone=0,
        memory=20 << 20,
        per_connection=2048.0 if point.connections > 1 else None,
        switches=(requests // 100, 3),
        threads=1,
        processes=1,
        connects=0,
        late=0,
        latency={"p50": cost * 100, "p90": cost * 110, "p99": cost * 150, "p99.9": cost * 400, "max": cost * 900},
    )


def claims() -> list[Ran]:
    """A claim for each verdict, one that cannot be tried here, one that failed."""
    told = [
        ("silent-client", "One silent client stops a blocking server for all others.", Claim.HOLDS),
        ("idle-descriptors", "select and poll cost more with every idle descriptor; epoll does not.", Claim.DEPENDS),
        ("threads-are-slow", "Threads are slower than a loop.", Claim.DOES_NOT_HOLD),
    ]
    made = [Ran(experiment(name, claim), record(name, claim, verdict)) for name, claim, verdict in told]
    missing = Ran(experiment("rings", "Submission returns at once."), missing="it needs io_uring: Linux 6.1 or later")
    failed = Ran(experiment("herd", "All wake for one."), failure="LoadError: nothing listens on 127.0.0.1:1")
    return [*made, missing, failed]


def experiment(name: str, claim: str) -> Experiment:
    """An experiment that is never run."""
    return Experiment(
        name, claim, "It is tried.", "CPU per request, us", "select(2), BUGS", frozenset(), run=lambda _: answer(Claim.HOLDS)
    )


def record(name: str, claim: str, verdict: Claim) -> Record:
    """What is kept of an experiment."""
    return Record(
        name, claim, "It is tried.", "CPU per request, us", "select(2), BUGS", True, 4.2, METADATA, answer(verdict, name)
    )


def answer(verdict: Claim, name: str = "any") -> Answer:
    """An answer with a figure and a table."""
    places = [1.0, 10.0, 100.0, 1000.0, 10_000.0]
    chart = Chart(
        name=f"{name}-chart",
        title="What a request costs beside idle descriptors",
        description="select and poll rise, epoll does not.",
        x="idle descriptors",
        y="microseconds of CPU per request",
        series=[
            Series("select", [(x, 7 + x * 0.02) for x in places[:4]]),
            Series("poll", [(x, 7 + x * 0.021) for x in places]),
            Series("epoll", [(x, 7.5) for x in places], [7.0] * 5, [8.1] * 5),
        ],
        log_x=True,
        log_y=True,
        marks=[Mark("FD_SETSIZE, 1024", x=1024)],
    )
    return Answer(
        verdict,
        says="Beside 10,000 idle descriptors a request takes 217 us with poll and 7.5 us with epoll: 29 times as long.",
        table=[
            ["idle", "select", "poll", "epoll"],
            *([f"{x:,.0f}", f"{7 + x * 0.02:.1f}", f"{7 + x * 0.021:.1f}", "7.5"] for x in places),
        ],
        charts=[chart],
        crossing="at 100 descriptors" if verdict is Claim.DEPENDS else "",
        because=""
        if verdict is Claim.HOLDS
        else "The kernel walks through the list at each call; with few there is nothing to walk.",
    )
