"""selectors.DefaultSelector is the best choice that the machine offers.

First it is seen which one it is. Then every selector that there is here watches so many sockets, of which one has something to
read, and is asked for it again and again: what a `select()` costs, with all that Python does around the system call. The best
one is the cheapest; the default is as good where it costs at most 15 per cent more.
"""

import os
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.experiments._crowd import need_descriptors
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration
from iomodels.figures.chart import Chart, Series
from iomodels.figures.number import number

MEASURED = "CPU of a call of select() that finds one of the watched sockets ready, in us, by their number"
SOURCE = "Python's documentation of selectors: DefaultSelector is the most efficient implementation available on the platform"

KNOWN = ("SelectSelector", "PollSelector", "DevpollSelector", "EpollSelector", "KqueueSelector")
MOST_FOR_SELECT = 500  # which with all else that is open stay below FD_SETSIZE, 1024
AS_GOOD = 1.15  # times the cost
CALLS = 200  # in a row, before the clock is read


def run(lab: Lab) -> Answer:
    picked = selectors.DefaultSelector.__name__
    counts = lab.pick((1, 10, 100, 500), (1, 10, 100, 500, 2000, 10_000))
    need_descriptors(max(counts))
    costs: dict[str, dict[int, float]] = {}
    for count in counts:
        lab.say(f"{count} watched")
        for name, cost in look(count, lab.pick(15, 50)).items():
            costs.setdefault(name, {})[count] = cost
    return judge(picked, costs)


def look(count: int, rounds: int) -> Mapping[str, float]:
    """Seconds of a call, by selector: the best of some rounds, in each of which all of them have their turn."""
    with ExitStack() as stack:
        quiet, _other = _pair(stack)
        ready, writer = _pair(stack)
        writer.send(b"x")  # never read: it stays ready
        watched = [os.dup(quiet.fileno()) for _ in range(count - 1)]
        for descriptor in watched:
            stack.callback(os.close, descriptor)
        found = {}
        for name in KNOWN:
            kind = getattr(selectors, name, None)
            if kind is None or (name == "SelectSelector" and count > MOST_FOR_SELECT):
                continue
            selector = stack.enter_context(kind())
            for descriptor in (*watched, ready.fileno()):
                selector.register(descriptor, selectors.EVENT_READ)
            found[name] = selector
        times: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(rounds):
            for name, selector in found.items():
                times[name].append(_time(selector, max(10, CALLS // max(1, count // 100))))
    return {name: min(each) for name, each in times.items()}


def _pair(stack: ExitStack) -> tuple[socket.socket, socket.socket]:
    here, there = socket.socketpair()
    return stack.enter_context(here), stack.enter_context(there)


def _time(selector: selectors.BaseSelector, calls: int) -> float:
    select = selector.select
    began = time.thread_time()
    for _ in range(calls):
        select()
    return (time.thread_time() - began) / calls


def judge(picked: str, costs: Mapping[str, Mapping[int, float]]) -> Answer:
    """Whether the default is the cheapest at every number, or from which on."""
    counts = list(costs[picked])
    ratios = {count: costs[picked][count] / min(each[count] for each in costs.values() if count in each) for count in counts}
    worse = [count for count in counts if ratios[count] > AS_GOOD]
    most = counts[-1]
    rivals = {name: each[most] for name, each in costs.items() if name != picked and most in each}
    if not worse:
        verdict, crossing = Verdict.HOLDS, ""
    elif len(worse) == len(counts):
        verdict, crossing = Verdict.DOES_NOT_HOLD, ""
    else:
        from_here = next((count for count in counts if count > max(worse)), None)
        where = f"from {from_here} on" if from_here is not None else f"not with {_list(worse)}"
        verdict, crossing = Verdict.DEPENDS, f"{where} watched sockets"
    cost_of_it = duration(costs[picked][most] * 1e9)
    says = f"DefaultSelector is {picked} here. With {most:,} watched sockets a call of it costs {cost_of_it}"
    if rivals:
        says += f", {' and '.join(f'{duration(cost * 1e9)} with {name}' for name, cost in rivals.items())}"
    because = ""
    if worse:
        cheaper = min(costs, key=lambda name: costs[name].get(worse[0], float("inf")))
        because = (
            f"With {worse[0]} watched {cheaper} costs {duration(costs[cheaper][worse[0]] * 1e9)},"
            f" {picked} {duration(costs[picked][worse[0]] * 1e9)}."
            " Which one is picked depends on the system alone, not on what is watched."
        )
    return Answer(
        verdict=verdict,
        says=f"{says}.",
        crossing=crossing,
        because=because,
        table=[
            ["watched", *(f"{name} us" for name in costs), "the default against the best"],
            *([f"{count:,}", *(_cell(each, count) for each in costs.values()), number(ratios[count])] for count in counts),
        ],
        charts=[_chart(picked, costs)],
    )


def _chart(picked: str, costs: Mapping[str, Mapping[int, float]]) -> Chart:
    return Chart(
        name="default-selector",
        title="What a call of select() costs, by selector",
        description="Lines: CPU of a call that finds one socket ready, by the number of watched sockets, for each selector.",
        x="watched sockets, one of them ready",
        y="us of CPU per call",
        log_x=True,
        log_y=True,
        series=[
            Series(f"{name} (the default)" if name == picked else name, [(count, cost * 1e6) for count, cost in each.items()])
            for name, each in costs.items()
        ],
    )


def _cell(costs: Mapping[int, float], count: int) -> str:
    return number(costs[count] * 1e6) if count in costs else "-"


def _list(counts: Sequence[int]) -> str:
    return ", ".join(f"{count:,}" for count in counts)
