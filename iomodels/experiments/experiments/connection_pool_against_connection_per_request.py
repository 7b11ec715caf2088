"""A connection that is kept costs much less than one for each request.

Ten clients ask, each again as soon as it has its reply. They make a new connection after each request, after ten, after a
hundred, or never, as a pool of connections does. What is counted is the server's part: accepting, closing, and whatever it
makes for a client in between (a thread, a task, a registration). The client pays as much again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from statistics import median

from iomodels.experiments.experiment import Answer
from iomodels.experiments.experiments._judging import verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

MEASURED = "microseconds of server CPU per request, and the median latency, by the requests that a connection carries"
SOURCE = "RFC 9112, 9.3 (persistence); Mogul, The Case for Persistent-Connection HTTP (1995)"
NEEDS = {"linux"}

QUICK = ("sockets/epoll", "sockets/threads", "asyncio/threads")
THOROUGH = (
    "sockets/epoll",
    "sockets/threads",
    "sockets/prefork",
    "sockets/fork",
    "asyncio/selectors",
    "asyncio/threads",
    "trio/threads",
)
CLIENTS = 4  # as many as prefork has workers
KEPT = 0  # stands for a connection without end
MUCH = 2.0
AS_GOOD = 1.1


@dataclass(frozen=True)
class Price:
    """Microseconds of the server's CPU per request, the median latency in microseconds, and requests a second."""

    cost: float
    latency: float
    rate: float


Prices = Mapping[str, Mapping[int, Price]]


def run(lab: Lab) -> Answer:
    carried = lab.pick((1, 10, KEPT), (1, 2, 5, 10, 100, KEPT))
    rounds, seconds = lab.pick((2, 0.25), (5, 0.5))
    prices: dict[str, dict[int, Price]] = {}
    for name in lab.pick(QUICK, THOROUGH):
        with lab.serve(name) as server:
            taken: dict[int, list[Price]] = {each: [] for each in carried}
            for _ in range(rounds):
                for each in carried:
                    lab.say(f"{name}, {_so_many(each)} a connection")
                    seen = lab.load(server, seconds, connections=CLIENTS, per_connection=each or None, warm_up=0.1)
                    taken[each].append(Price(seen.cost, seen.outcome.percentile(50) * 1e6, seen.outcome.rate))
            prices[name] = {each: _median(rounds_) for each, rounds_ in taken.items()}
    return judge(prices)


def _median(rounds: Sequence[Price]) -> Price:
    return Price(*(median(figures) for figures in zip(*map(astuple, rounds), strict=True)))


def judge(prices: Prices) -> Answer:
    """prices: by server and by the requests that a connection carries, KEPT among them."""
    times = {
        name: {each: price.cost / carried[KEPT].cost for each, price in carried.items()} for name, carried in prices.items()
    }
    much = [name for name, each in times.items() if each[1] >= MUCH]
    most, least = (pick(times, key=lambda name: times[name][1]) for pick in (max, min))
    return Answer(
        verdict=verdict(len(much), len(times)),
        says=f"With a connection for each request the server pays {times[least][1]:.1f} x ({least}) to {times[most][1]:.1f} x"
        f" ({most}) what the request costs on a connection that is kept.",
        crossing=_crossing(times),
        because=_because(prices),
        table=[
            ["server", "requests a connection", "CPU us", "x kept", "latency us", "requests/s"],
            *(
                [
                    name,
                    _so_many(each),
                    number(price.cost),
                    f"{times[name][each]:.2f}",
                    number(price.latency),
                    number(price.rate),
                ]
                for name, carried in prices.items()
                for each, price in carried.items()
            ),
        ],
        charts=[
            Chart(
                name="connection-pool-against-connection-per-request",
                title="What a request costs by how many its connection carries",
                description="Lines: CPU per request, of that on a kept connection, by the requests that a connection carries.",
                x="requests that a connection carries",
                y="CPU per request, of that on a kept connection",
                series=[
                    Series(name, [(each, ratio) for each, ratio in ratios.items() if each != KEPT])
                    for name, ratios in times.items()
                ],
                log_x=True,
                log_y=True,
                marks=[Mark("kept", y=1.0)],
            )
        ],
    )


def _crossing(times: Mapping[str, Mapping[int, float]]) -> str:
    """From how many requests on a connection it does not matter any more that it is not kept."""
    for each in sorted(next(iter(times.values()))):
        if each != KEPT and all(ratios[each] <= AS_GOOD for ratios in times.values()):
            return f"from {each} requests a connection on it costs at most {AS_GOOD - 1:.0%} more than one that is kept"
    return ""


def _because(prices: Prices) -> str:
    """What the connection itself costs."""
    added = {name: carried[1].cost - carried[KEPT].cost for name, carried in prices.items()}
    each = ", ".join(f"{number(more)} us with {name}" for name, more in added.items())
    return f"A connection adds {each}: accepting it, closing it, and what is made for its client in between."


def _so_many(carried: int) -> str:
    return f"{carried:,}" if carried != KEPT else "kept"
