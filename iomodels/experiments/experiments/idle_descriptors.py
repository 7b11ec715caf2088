"""What a request costs grows with the idle connections on select and poll, and not on epoll.

Ten clients ask, each again as soon as it has its reply, beside more and more connections that have asked once and say no
more. The cost with none beside is taken before and after, and all is compared with it. Few ask, so that a wait has few to
report: a hundred busy clients would share the price of each scan. sockets/select ends at 1024 descriptors.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from iomodels.contract.broken import Broken
from iomodels.contract.server import Server
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.experiments._costs import cost
from iomodels.experiments.experiments._crowd import Crowd, need_descriptors
from iomodels.experiments.experiments._judging import verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series
from iomodels.figures.number import number
from iomodels.load.generator import Generator
from iomodels.load.spec import Spec

MEASURED = "microseconds of CPU per request, beside so many idle connections"
SOURCE = "epoll(7); Kegel, The C10K problem; Stevens, UNIX Network Programming 1, 6.3 and 6.10"
NEEDS = {"linux"}

SELECT, POLL, EPOLL = "sockets/select", "sockets/poll", "sockets/epoll"
QUICK = (SELECT, POLL, EPOLL, "asyncio/selectors")
THOROUGH = (SELECT, POLL, EPOLL, "sockets/selectors", "asyncio/selectors", "asyncio/threads", "trio/select", "trio/threads")
BUSY = 10
MOST = 10_000
OF_SELECT = 900  # idle ones that select has room for, beside the busy ones and all else that is open
FLAT = 1.5  # times the cost without idle connections: what a noisy machine may add
STEEP = 2.0  # times that cost: a scan of a thousand descriptors adds more, and one of ten thousand far more


def run(lab: Lab) -> Answer:
    sizes = lab.pick((OF_SELECT, MOST), (100, OF_SELECT, 3000, MOST))
    need_descriptors(MOST + BUSY)
    costs = {}
    for name in lab.pick(QUICK, THOROUGH):
        with lab.serve(name) as server:
            spec = Spec(server.host, server.port, connections=BUSY)
            with Generator(spec, lab.cores[1]) as generator, Crowd(server) as crowd:
                lab.say(f"{name}: up to {MOST:,} idle connections")
                reachable = [size for size in sizes if name != SELECT or size <= OF_SELECT]
                costs[name] = look(lab, server, generator, crowd, reachable)
                generator.finish()
    return judge(costs)


def look(lab: Lab, server: Server, generator: Generator, crowd: Crowd, sizes: Sequence[int]) -> Mapping[int, Sequence[float]]:
    """The costs, several for each number of idle connections; 0 among them."""
    rounds, seconds = lab.pick((3, 0.12), (5, 0.2))
    costs: dict[int, list[float]] = {}
    for _ in range(lab.pick(1, 2)):
        for size in (0, *sizes, 0):
            if size and crowd.grow(size) == 0:
                raise Broken(f"of {size:,} idle connections none was served")
            if not size:
                crowd.leave()
            server.rest()
            costs.setdefault(size, []).extend(cost(server, generator, seconds) for _ in range(rounds))
    return costs


def judge(costs: Mapping[str, Mapping[int, Sequence[float]]]) -> Answer:
    """costs: by server, and by the number of idle connections."""
    medians = {name: {size: median(all_) for size, all_ in sorted(sizes.items())} for name, sizes in costs.items()}
    growth = {name: {size: each / sizes[0] for size, each in sizes.items()} for name, sizes in medians.items()}
    at_most = {name: sizes[max(sizes)] for name, sizes in growth.items()}
    steep = [name for name in (SELECT, POLL) if at_most[name] >= STEEP]
    flat = [name for name in growth if name not in (SELECT, POLL) and at_most[name] <= FLAT]
    idle = max(medians[EPOLL])
    beside = max(medians[SELECT])
    return Answer(
        verdict=verdict(len(steep) + len(flat), len(growth)) if steep else Verdict.DOES_NOT_HOLD,
        says=f"Beside {idle:,} idle connections a request costs {at_most[EPOLL]:.2f} x what it costs beside none with {EPOLL},"
        f" and {number(at_most[POLL])} x with {POLL}; beside {beside:,} it costs {number(at_most[SELECT])} x with {SELECT}.",
        crossing=_crossing(medians),
        because=_because(medians[POLL]),
        table=[
            ["server", *(f"{size:,} idle, us" for size in medians[EPOLL]), "most / none"],
            *(
                [
                    name,
                    *(f"{sizes[size]:.1f}" if size in sizes else "-" for size in medians[EPOLL]),
                    f"{at_most[name]:.2f}",
                ]
                for name, sizes in medians.items()
            ),
        ],
        charts=[
            Chart(
                name="idle-descriptors",
                title="The cost of a request beside idle connections",
                description="Lines: CPU per request against the number of idle connections, one line for each server.",
                x="idle connections",
                y="CPU per request, us",
                series=[
                    Series(
                        name,
                        [(size, medians[name][size]) for size in medians[name]],
                        low=[min(sizes[size]) for size in medians[name]],
                        high=[max(sizes[size]) for size in medians[name]],
                    )
                    for name, sizes in costs.items()
                ],
                log_y=True,
            )
        ],
    )


def _crossing(medians: Mapping[str, Mapping[int, float]]) -> str:
    """From where on poll costs twice what epoll does, between two points of a straight line."""
    points = [(size, medians[POLL][size] / medians[EPOLL][size]) for size in medians[POLL]]
    for (low, below), (high, above) in pairwise(points):
        if below < STEEP <= above:
            turn = low + (high - low) * (STEEP - below) / (above - below)
            return f"{POLL} costs {STEEP:g} x what {EPOLL} does from some {number(turn)} idle connections on"
    return ""


def _because(poll: Mapping[int, float]) -> str:
    """What a descriptor more costs, from the two ends."""
    most = max(poll)
    each = max(0.0, poll[most] - poll[0]) / most * 1000
    return f"{POLL} hands the kernel every descriptor at each wait: an idle one adds {number(each)} ns to a request."
