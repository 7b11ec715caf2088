"""Every client has its turn: the slowest of a thousand is served nearly as often as the median one.

A thousand clients ask, each again as soon as it has its reply, and it is counted how often each of them is served. A loop
asks who is ready and goes round. Threads have to get two things, a core and the interpreter lock, and nobody keeps the order
in which they came for the lock. Processes (sockets/fork) are there to tell the two apart: they have the kernel's scheduler
and no lock in common.
"""

import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from iomodels.bench.cores import on_core
from iomodels.contract.broken import Broken
from iomodels.contract.server import Server
from iomodels.experiments.experiment import Answer
from iomodels.experiments.experiments._crowd import need_descriptors
from iomodels.experiments.experiments._judging import verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series

MEASURED = "requests that each of 1000 clients has answered, against the median client's"
SOURCE = "epoll(7), on starvation; Beazley, Understanding the Python GIL (2010); Pitrou, Reworking the GIL (2009)"
NEEDS = {"linux"}

CLIENTS = 1000
QUICK = ("sockets/select", "sockets/epoll", "sockets/threads", "asyncio/threads", "trio/threads")
THOROUGH = (
    "sockets/select",
    "sockets/poll",
    "sockets/epoll",
    "sockets/selectors",
    "sockets/io_uring",
    "sockets/threads",
    "sockets/fork",
    "asyncio/threads",
    "asyncio/selectors",
    "trio/threads",
)
WARM_UP = 0.3  # seconds that are not counted
FAIR = 1 / 3  # of what the median client gets: loops give twice that to the slowest, and a lottery next to nothing
PARTS = (*range(0, 100, 10), 95, 98, 99, 100)  # per cent of the clients, in the figure
ASK, REPLY = b"is it my turn?", b"IS IT MY TURN?"


@dataclass(frozen=True)
class Shares:
    """How often each client was served, in ascending order, and in how many seconds."""

    counts: Sequence[int]
    seconds: float

    @property
    def slowest(self) -> float:
        """What the slowest client had of what the median one had."""
        return self.counts[0] / max(1.0, median(self.counts))

    def at(self, rank: float) -> int:
        """What the client had that did better than so many per cent."""
        return self.counts[round((len(self.counts) - 1) * rank / 100)]

    def of(self, part: float) -> float:
        """What so many per cent of the clients, the slowest, have together, in per cent of all."""
        return 100 * sum(self.counts[: round(len(self.counts) * part / 100)]) / max(1, sum(self.counts))


def run(lab: Lab) -> Answer:
    need_descriptors(CLIENTS)
    shares = {}
    for name in lab.pick(QUICK, THOROUGH):
        lab.say(f"{name}: {CLIENTS:,} clients")
        with lab.serve(name) as server, on_core(lab.cores[1]):
            shares[name] = measure(server, lab.pick(1.2, 5.0))
    return judge(shares)


def measure(server: Server, seconds: float, clients: int = CLIENTS) -> Shares:
    """How often each is served, from this thread's core."""
    with select.epoll() as poller:
        sockets = {}
        try:
            for _ in range(clients):
                client = socket.create_connection((server.host, server.port), 10)
                sockets[client.fileno()] = client
                client.sendall(ASK)
                _check(client)  # before the next one comes, so that no backlog overflows
                client.setblocking(False)
                poller.register(client, select.EPOLLIN)
            for client in sockets.values():
                client.send(ASK)
            _serve_all(poller, sockets, WARM_UP)
            return Shares(sorted(_serve_all(poller, sockets, seconds).values()), seconds)
        finally:
            for client in sockets.values():
                client.close()


def _serve_all(poller: select.epoll, sockets: Mapping[int, socket.socket], seconds: float) -> Mapping[int, int]:
    """Ask again wherever a reply has come, for so long; how often that was, by descriptor."""
    counts = dict.fromkeys(sockets, 0)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for descriptor, _ in poller.poll(1.0):
            client = sockets[descriptor]
            _check(client)
            client.send(ASK)
            counts[descriptor] += 1
    return counts


def _check(client: socket.socket) -> None:
    reply = client.recv(len(REPLY))
    if reply != REPLY:
        raise Broken(f"the server owed {REPLY!r}", came=reply)


def judge(shares: Mapping[str, Shares]) -> Answer:
    """shares: what the clients of each server had."""
    fair = [name for name, share in shares.items() if share.slowest >= FAIR]
    unfair = [name for name in shares if name not in fair]
    best, worst = (pick(shares, key=lambda name: shares[name].slowest) for pick in (max, min))
    because = ""
    if "sockets/threads" in unfair:
        counts = shares["sockets/threads"].counts
        because = (
            f"Of {len(counts):,} clients who have a thread each the least served had {counts[0]} replies, the median one"
            f" {median(counts):.0f} and the best served {counts[-1]}: who waits for the interpreter lock stands in no queue,"
            " and who gives it up may have it next."
        )
        if "sockets/fork" in fair:
            because += " It is the lock and not the kernel's scheduler: processes, as many, all have their turn."
    return Answer(
        verdict=verdict(len(fair), len(shares)),
        says=f"The slowest of {len(shares[best].counts):,} clients has {shares[best].slowest:.0%} of what the median one has"
        f" with {best}, and {shares[worst].slowest:.0%} with {worst}.",
        crossing=f"fair: {', '.join(fair)}; unfair: {', '.join(unfair)}" if fair and unfair else "",
        because=because,
        table=[
            ["server", "slowest, replies/s", "5 % have less than", "median", "fastest", "slowest / median"],
            *(
                [name, *(f"{share.at(rank) / share.seconds:.1f}" for rank in (0, 5, 50, 100)), f"{share.slowest:.2f}"]
                for name, share in shares.items()
            ),
        ],
        charts=[
            Chart(
                name="fairness",
                title="What the slowest of a thousand clients have of all replies",
                description="Lines: the part of all replies that the slowest clients have; straight where all have as many.",
                x="the slowest clients, per cent of all",
                y="their replies, per cent of all",
                series=[Series(name, [(part, share.of(part)) for part in PARTS]) for name, share in shares.items()],
            )
        ],
    )
