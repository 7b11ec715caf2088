"""Completion saves system calls: io_uring needs fewer of them per request than any model that waits for readiness.

strace counts each server's calls while clients ask, one request of 64 bytes in flight on each connection. A traced server is
slow and finds all its clients ready at once, so what can be done together is done together: these are the fewest calls that
each needs. Calls that get memory or hand the interpreter lock over are left out. Threads are counted with few connections
only, since with many strace has them do little but hand that lock over.
"""

from collections.abc import Mapping

from iomodels import catalogue
from iomodels.bench.calls import count_calls
from iomodels.bench.results import Point
from iomodels.contract.server import Unavailable
from iomodels.experiments.experiment import Answer, NotHere, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series
from iomodels.trace.under import NoTracing

MEASURED = "system calls per request, by connections"
SOURCE = "io_uring(7); UNIX Network Programming 1, 6.2, for the models that wait for readiness"
NEEDS = {"linux", "strace", "io_uring"}

COMPLETION, EPOLL = "sockets/io_uring", "sockets/epoll"
QUICK = (COMPLETION, EPOLL, "sockets/select", "sockets/threads", "asyncio/threads")
THOROUGH = (
    *QUICK[:3],
    "sockets/poll",
    "sockets/selectors",
    "sockets/signal_driven",
    *QUICK[3:],
    "asyncio/selectors",
    "asyncio+uvloop/threads",
    "trio/threads",
    "anyio/threads",
)
SHOWN = {COMPLETION, EPOLL, "sockets/threads", "asyncio/threads", "trio/threads", "anyio/threads"}  # as lines; all in the table
CONNECTIONS_QUICK = (1, 100)
CONNECTIONS = (1, 3, 10, 30, 100, 300)
ASIDE = {"brk", "mmap", "munmap", "mprotect", "madvise", "futex"}
THREADED, FEW = "sockets/threads", 3  # connections
FEWER = 0.9  # of the calls of the best among the others
MOST_NAMES = 4  # of calls, in the table


def run(lab: Lab) -> Answer:
    counted: dict[str, dict[int, Mapping[str, float]]] = {}
    for name in lab.pick(QUICK, THOROUGH):
        launch = catalogue.find(name).launch()
        try:
            for connections in lab.pick(CONNECTIONS_QUICK, CONNECTIONS):
                if name != THREADED or connections <= FEW:
                    lab.say(f"{name}: {connections} connections")
                    calls = count_calls(launch, Point(connections=connections), lab.cores)
                    counted.setdefault(name, {})[connections] = {call: calls[call] for call in calls if call not in ASIDE}
        except NoTracing as error:
            raise NotHere(str(error)) from error
        except Unavailable as error:
            if name in (COMPLETION, EPOLL):
                raise
            lab.say(f"{name} cannot run here: {error}")
    return judge(counted)


def judge(counted: Mapping[str, Mapping[int, Mapping[str, float]]]) -> Answer:
    """counted: calls per request by name, of each variant, by connections."""
    sums = {name: {connections: sum(calls.values()) for connections, calls in each.items()} for name, each in counted.items()}
    connections = list(sums[COMPLETION])
    others = [name for name in sums if name != COMPLETION]
    best = {
        each: min((name for name in others if each in sums[name]), key=lambda name: sums[name][each]) for each in connections
    }
    fewer = [each for each in connections if sums[COMPLETION][each] <= FEWER * sums[best[each]][each]]
    verdict = Verdict.DEPENDS if fewer else Verdict.DOES_NOT_HOLD
    if len(fewer) == len(connections):
        verdict = Verdict.HOLDS
    first, last = connections[0], connections[-1]
    not_fewer = [each for each in connections if each not in fewer]
    tell = [
        f"With {each:,} connection{'s' if each > 1 else ''} io_uring needs {sums[COMPLETION][each]:.2f} calls a request, "
        f"epoll {sums[EPOLL][each]:.2f}, and the best of those that wait for readiness {sums[best[each]][each]:.2f}"
        for each in (first, last)
    ]
    return Answer(
        verdict=verdict,
        says=". ".join(tell) + ".",
        crossing=f"fewer from {fewer[0]:,} connections on" if verdict is Verdict.DEPENDS else "",
        because=(
            "One call hands over all that is to be sent and another waits, however many clients are ready. With "
            f"{not_fewer[0]:,} there is nothing to share: {best[not_fewer[0]]} does with as few."
            if not_fewer
            else ""
        ),
        table=[
            ["variant", *(f"{each:,}" for each in connections), "which, with most"],
            *(
                [name, *(f"{sums[name][each]:.2f}" if each in sums[name] else "" for each in connections), _names(calls)]
                for name, calls in ((name, by_connections[max(by_connections)]) for name, by_connections in counted.items())
            ),
        ],
        charts=[
            Chart(
                name="system-calls-per-request",
                title="System calls per request",
                description="A line for each variant, by the number of connections: the more, the more one call does.",
                x="connections",
                y="system calls per request",
                series=[Series(name, sorted(each.items())) for name, each in sums.items() if name in SHOWN],
                log_x=True,
            )
        ],
    )


def _names(calls: Mapping[str, float]) -> str:
    most = sorted(calls.items(), key=lambda call: -call[1])[:MOST_NAMES]
    return ", ".join(f"{name} {count:.2f}" for name, count in most if count >= 0.005)
