"""A connection costs most as a process, less as a thread, less as a task, and least as an entry in a poller's set.

Many clients come, ask once and stay. What the server's processes hold more than before is divided by their number: pages of
their own (anonymous ones, a shared page counted once), page tables, and the kernel's stack of each thread. What the kernel
keeps for the socket itself is the same for all, and not counted. Then, with all of them there, more come one by one: the time
from connecting to the first byte of the reply, than which a quarter of them is quicker: that depends less than the median on
what else the machine does.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from iomodels.bench.measuring import members, memory
from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Series
from iomodels.figures.number import number

MEASURED = "KiB of memory per idle connection, and the time from connecting to the first byte of the reply, in ms"
SOURCE = "W. R. Stevens, UNIX Network Programming, volume 1, 26.1 and 30.13; D. Kegel, The C10K problem"
NEEDS = {"linux"}

PROCESS, THREAD, TASK, ENTRY = "a process", "a thread", "a task", "an entry"  # dearest first, as the claim has it
SERVERS = {
    "sockets/fork": PROCESS,
    "sockets/threads": THREAD,
    "anyio/threads": TASK,
    "asyncio/threads": TASK,
    "trio/threads": TASK,
    "sockets/epoll": ENTRY,
}
KERNEL_STACK = 16  # KiB a thread: THREAD_SIZE on x86-64 and arm64
LEAST = 0.1  # KiB, below which a difference between two readings says nothing
IN_A_ROW = 10  # visits to one server, before the next has its turn
CLEARLY = 1.1  # times as much


@dataclass(frozen=True)
class Cost:
    """What one connection costs. own, kernel: KiB of pages of its own, and of page tables and kernel stacks. first_byte: ms."""

    own: float
    kernel: float
    first_byte: float

    @property
    def memory(self) -> float:
        return max(self.own + self.kernel, LEAST)


def run(lab: Lab) -> Answer:
    with ExitStack() as stack:
        servers = {name: stack.enter_context(lab.serve(name)) for name in SERVERS}
        memory_of = {}
        for name, server in servers.items():
            lab.say(name)
            count = lab.pick(50, 200) if SERVERS[name] == PROCESS else lab.pick(300, 500)
            memory_of[name] = _per_connection(server, count, stack)
        lab.say("the first byte")
        times: dict[str, list[float]] = {name: [] for name in SERVERS}
        for _ in range(lab.pick(6, 30)):  # in turns, for what else the machine does hits all of them
            for name, server in servers.items():
                times[name] += [_first_byte(server) for _ in range(IN_A_ROW)]
    return judge({name: Cost(*memory_of[name], quantiles(times[name])[0] * 1000) for name in SERVERS})


def _first_byte(server: Server) -> float:
    with Caller(server) as visitor:
        visitor.ask()
        return visitor.since_it_came()


def _per_connection(server: Server, count: int, stack: ExitStack) -> tuple[float, float]:
    """KiB of its own and of the kernel's that each of so many idle connections adds; they stay until the end of `stack`."""
    first = stack.enter_context(Caller(server))  # what is made but once is there after it
    first.ask()
    own, kernel = _memory(server.pid)
    for caller in [stack.enter_context(Caller(server)) for _ in range(count)]:
        caller.ask()
    own_then, kernel_then = _memory(server.pid)
    return (own_then - own) / count, (kernel_then - kernel) / count


def _memory(session: int) -> tuple[float, float]:
    """KiB that a server's processes hold, and that the kernel holds for them."""
    own = memory(session).own / 1024
    kernel = 0
    for process in members(session):
        told = Path(f"/proc/{process}/status").read_text()
        tables, threads = (re.search(rf"^{name}:\s+(\d+)", told, re.MULTILINE) for name in ("VmPTE", "Threads"))
        if tables and threads:  # not of one that has just ended
            kernel += int(tables[1]) + int(threads[1]) * KERNEL_STACK
    return own, kernel


def judge(costs: Mapping[str, Cost]) -> Answer:
    """Whether each kind is dearer than the next, in memory and in time; of several tasks each one must be."""
    memory = _out_of_order({name: cost.memory for name, cost in costs.items()})
    time = _out_of_order({name: cost.first_byte for name, cost in costs.items()})
    if memory and time:
        verdict, crossing = Verdict.DOES_NOT_HOLD, ""
    elif memory or time:
        verdict, crossing = Verdict.DEPENDS, f"it holds for {'time, not for memory' if memory else 'memory, not for time'}"
    else:
        verdict, crossing = Verdict.HOLDS, ""
    says = (
        f"KiB of memory for an idle connection: {_each(costs, lambda cost: cost.memory)}."
        f" Milliseconds until the first byte: {_each(costs, lambda cost: cost.first_byte)}."
    )
    return Answer(
        verdict=verdict,
        says=says,
        crossing=crossing,
        because=" ".join(
            _because(what, pairs) for what, pairs in (("memory", memory), ("time to the first byte", time)) if pairs
        ),
        table=_table(costs),
        charts=[
            _chart("memory", "KiB of memory per idle connection", {name: cost.memory for name, cost in costs.items()}),
            _chart("first byte", "ms until the first byte", {name: cost.first_byte for name, cost in costs.items()}),
        ],
    )


def _out_of_order(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Pairs of which the first ought to be clearly dearer than the second, and is not."""
    ranks = {name: (PROCESS, THREAD, TASK, ENTRY).index(SERVERS[name]) for name in figures}
    return [
        (dear, cheap)
        for dear in figures
        for cheap in figures
        if ranks[cheap] == ranks[dear] + 1 and figures[dear] < CLEARLY * figures[cheap]
    ]


def _because(what: str, pairs: Iterable[tuple[str, str]]) -> str:
    by_dear: dict[str, list[str]] = {}
    for dear, cheap in pairs:
        by_dear.setdefault(dear, []).append(cheap)
    told = " and ".join(
        f"{SERVERS[cheaps[0]]} ({', '.join(cheaps)}) is no cheaper than {SERVERS[dear]} ({dear})"
        for dear, cheaps in by_dear.items()
    )
    if THREAD not in map(SERVERS.__getitem__, by_dear):
        return f"In {what} {told}."
    return f"In {what} {told}: a thread is started by one system call, a task and its stream are made in the library's Python."


def _each(costs: Mapping[str, Cost], figure: Callable[[Cost], float]) -> str:
    """`1,800 as a process, 40 as a thread, 5 to 14 as a task, 0.6 as an entry`."""
    words = []
    for kind in (PROCESS, THREAD, TASK, ENTRY):
        figures = sorted(figure(costs[name]) for name in costs if SERVERS[name] == kind)
        low, high = number(figures[0]), number(figures[-1])
        words.append(f"{low if low == high else f'{low} to {high}'} as {kind}")
    return ", ".join(words)


def _table(costs: Mapping[str, Cost]) -> list[list[str]]:
    head = ["server", "a connection is", "KiB of its own", "KiB of the kernel's", "first byte ms"]
    return [head] + [
        [name, SERVERS[name], number(max(0.0, cost.own)), number(max(0.0, cost.kernel)), number(cost.first_byte)]
        for name, cost in costs.items()
    ]


def _chart(what: str, label: str, figures: Mapping[str, float]) -> Chart:
    return Chart(
        name=f"connection-costs-{what.replace(' ', '-')}",
        title=f"What a connection costs: {what}",
        description=f"Bars: {label}, as a process, a thread, a task of anyio, asyncio and trio, and an entry in epoll's set.",
        x="",
        y=label,
        kind="bars",
        log_y=True,
        categories=[f"{name} ({SERVERS[name].split()[-1]})" for name in figures],
        series=[Series(label, list(enumerate(figures.values())))],
    )
