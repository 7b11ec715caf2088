"""A pause in the polling loop trades CPU for latency: the longer it is, the less of the one and the more of the other.

One server that polls, with pauses from none to two seconds, and beside it one that waits (epoll). First it idles, with ten
clients that are silent; then requests come, each from another client, at moments that have nothing to do with its turns.
"""

import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from iomodels.bench.measuring import cpu_times
from iomodels.contract.server import Server
from iomodels.experiments.caller import Caller, ask_at
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.experiments.idle_polling_burns_a_core import busy_share
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration, percent
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

MEASURED = "time on a core when idle, in per cent, and the time until a request is answered, in ms"
SOURCE = "W. R. Stevens, UNIX Network Programming, volume 1, 6.2 (the nonblocking I/O model)"
NEEDS = {"linux"}

SERVER, WAITING = "sockets/nonblocking", "sockets/epoll"
PAUSES = (0.0, 0.001, 0.01, 0.1, 2.0)
SAME = 0.01  # of a core, which one reading may differ from another
TWICE = 2  # as long, which a latency of less than a millisecond may take for what else the machine does
STARVED = 0.1  # of the time, from which on it tells why a request takes long
LEAST_SHARE = 0.0001  # of a core: less is beyond what is counted, and cannot stand on a logarithmic axis


@dataclass(frozen=True)
class Trade:
    """share: of a core, when idle. usual, worst: seconds until a request was answered. starved: the part of the time for which
    the server was ready to run meanwhile, and others had its core."""

    share: float
    usual: float
    worst: float
    starved: float = 0.0


def run(lab: Lab) -> Answer:
    trades = {}
    for pause in PAUSES:
        lab.say(f"a pause of {_pause(pause)}")
        with lab.serve(SERVER, "--pause", str(pause)) as server:
            trades[pause] = look(server, pause, lab)
    lab.say(WAITING)
    with lab.serve(WAITING) as server:
        waiting = look(server, 0.0, lab)
    return judge(trades, waiting)


def look(server: Server, pause: float, lab: Lab) -> Trade:
    """One server: idle, and then asked at random moments, at least a whole pause long."""
    share = busy_share(server, max(lab.pick(0.3, 2.0), 2 * min(pause, 0.2)))
    moments = random.Random(1)
    span = max(lab.pick(0.3, 2.0), pause * lab.pick(1, 5))
    with ExitStack() as stack:
        callers = [stack.enter_context(Caller(server)) for _ in range(lab.pick(30, 100))]
        began, before = time.perf_counter(), _ready(server)
        waited = ask_at(callers, [moments.uniform(0, span) for _ in callers])
        starved = (_ready(server) - before) / (time.perf_counter() - began)
    return Trade(share, median(waited), max(waited), starved)


def _ready(server: Server) -> float:
    """Seconds that it has been ready to run and has not run."""
    return server.busy() - sum(cpu_times(server.pid).values())


def judge(trades: Mapping[float, Trade], waiting: Trade) -> Answer:
    """Whether with each longer pause the CPU goes down and the latency up, and both do by far from the first to the last."""
    steps = list(zip(trades, list(trades)[1:], strict=False))
    wrong = [
        f"from {_pause(short)} to {_pause(long)}"
        for short, long in steps
        if trades[long].share > trades[short].share + SAME or trades[long].usual * TWICE < trades[short].usual
    ]
    shortest, longest = (trades[pause] for pause in (min(trades), max(trades)))
    holds = not wrong and shortest.share > 10 * longest.share and longest.usual > 10 * shortest.usual
    because = f"It does not {'; it does not '.join(wrong)}. " if wrong else ""
    if wrong and shortest.starved > STARVED:
        because += (
            f"Who never sleeps uses up its share of a core that others want too: with a pause of {_pause(min(trades))} the"
            f" server was ready to run for {percent(shortest.starved)} of the time, and had to wait for the core. "
        )
    if waiting.share < shortest.share / 10 and waiting.usual < longest.usual / 10:
        because += (
            f"Who waits need not choose: {WAITING} takes {percent(waiting.share)} of a core when idle, and answers in"
            f" {duration(waiting.usual * 1e9)}, for the kernel wakes it at the moment at which something has come."
        )
    return Answer(
        verdict=Verdict.HOLDS if holds else Verdict.DOES_NOT_HOLD if len(wrong) == len(steps) else Verdict.DEPENDS,
        crossing=f"not {' and '.join(wrong)}" if wrong and len(wrong) < len(steps) else "",
        says="A pause of " + "; ".join(_told(pause, trade) for pause, trade in trades.items()) + ".",
        because=because.strip(),
        table=_table(trades, waiting),
        charts=[_chart(trades, waiting)],
    )


def _told(pause: float, trade: Trade) -> str:
    return f"{_pause(pause)}: {percent(trade.share)} of a core and {duration(trade.usual * 1e9)}"


def _table(trades: Mapping[float, Trade], waiting: Trade) -> list[list[str]]:
    named = {f"{SERVER}, {_pause(pause)}": trade for pause, trade in trades.items()} | {WAITING: waiting}
    return [
        ["server, pause", "of a core when idle, %", "usual latency ms", "worst ms"],
        *(
            [name, number(round(100 * trade.share, 2)), number(trade.usual * 1000), number(trade.worst * 1000)]
            for name, trade in named.items()
        ),
    ]


def _chart(trades: Mapping[float, Trade], waiting: Trade) -> Chart:
    every = list(enumerate(trades.values()))
    shares = [(place, 100 * max(trade.share, LEAST_SHARE)) for place, trade in every]
    return Chart(
        name="pause-in-the-polling-loop",
        title="The longer the pause, the less CPU and the more latency",
        description="Lines: with a longer pause the CPU of an idle server falls from a core to next to nothing, and the latency"
        " rises from that of a waiting server to half the pause.",
        x="pause in the polling loop",
        y="of a core in per cent; latency in ms",
        log_y=True,
        ticks=[(place, _pause(pause)) for place, pause in enumerate(trades)],
        series=[
            Series("CPU when idle, %", shares),
            Series("usual latency, ms", [(place, trade.usual * 1000) for place, trade in every]),
            Series("worst latency, ms", [(place, trade.worst * 1000) for place, trade in every]),
        ],
        marks=[Mark(f"{WAITING}: latency", y=waiting.usual * 1000)],
    )


def _pause(seconds: float) -> str:
    return "0" if seconds == 0 else f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"
