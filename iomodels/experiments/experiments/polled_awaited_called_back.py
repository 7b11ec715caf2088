"""Who polls for an outcome hears of it soonest and pays with a core; who waits or is called back pays nothing, and hears later.

A call is made in another process, which notes when it was done; here its caller notes when it knew, on the same clock. Until
then the caller asks all the time, asks each millisecond, waits, is called back, or awaits. The share of a core that it wanted
counts the time in which it ran and that in which it was ready to, so that a busy machine shows the same.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.told import told
from iomodels.experiments.words import duration, percent
from iomodels.figures.chart import Chart, Series

MEASURED = "from the end of a call to its outcome being known, in us; the share of a core that its caller wants until then"
SOURCE = "Python documentation, sys.setswitchinterval; the three ways are those of every text on asynchronous calls"
NEEDS = {"linux"}

WAYS = {
    "done_again_and_again": "done(), again and again",
    "done_now_and_then": "done(), each millisecond",
    "result": "result()",
    "callback": "add_done_callback()",
    "done_on_a_loop": "on asyncio: done(), sleep(0)",
    "awaited": "on asyncio: await",
}
POLLED = "done_again_and_again"
PASSIVE = ("result", "callback")
LATER = 2  # times as late is later, and no noise
MUCH, LITTLE = 0.5, 0.2  # of a core


@dataclass(frozen=True)
class Learnt:
    """late: nanoseconds, of each call. wanted: the share of a core."""

    late: Sequence[int]
    wanted: float

    @property
    def typically(self) -> float:
        return statistics.median(self.late)


def run(lab: Lab) -> Answer:
    lab.say("calls in another process, and six ways to hear of their ends")
    # On any core, since caller and called must not share one.
    measured = told(lab, "results", str(lab.pick(25, 100)), *WAYS, free=True)
    return judge({way: Learnt(*measured[way]) for way in WAYS}, sys.getswitchinterval())


def judge(learnt: Mapping[str, Learnt], interval: float) -> Answer:
    """interval: seconds after which a thread must give the interpreter up, if others want it."""
    polled = learnt[POLLED]
    passive = min((learnt[way] for way in PASSIVE), key=lambda each: each.typically)
    soonest = polled.typically <= LATER * passive.typically
    dear = polled.wanted >= MUCH and all(learnt[way].wanted <= LITTLE for way in PASSIVE)
    verdict = Verdict.DOES_NOT_HOLD
    if soonest:
        verdict = Verdict.HOLDS if dear else Verdict.DEPENDS
    return Answer(
        verdict=verdict,
        says=f"Who asks all the time hears {duration(polled.typically)} after the end and wants {percent(polled.wanted)} of a "
        f"core; who waits or is called back hears after {duration(passive.typically)} and wants {percent(passive.wanted)}.",
        crossing="sooner, but for the same CPU" if verdict is Verdict.DEPENDS else "",
        because=(
            ""
            if soonest
            else "The outcome is brought by another thread of the process, which needs the interpreter; the one who asks has "
            f"it, and gives it up when it must, every {1000 * interval:g} ms. Asking delays the answer."
        ),
        table=[
            ["how its caller learns of it", "median", "slowest", "share of a core"],
            *(
                [words, duration(learnt[way].typically), duration(max(learnt[way].late)), percent(learnt[way].wanted)]
                for way, words in WAYS.items()
            ),
        ],
        charts=[
            Chart(
                name="polled-awaited-called-back",
                title="How late the outcome of a call is known",
                description="A bar for each way to learn of it: the one who asks all the time is compared with those who wait.",
                x="how its caller learns of it",
                y="from the end to knowing, us",
                series=[Series("median", [(place, learnt[way].typically / 1000) for place, way in enumerate(WAYS)])],
                kind="bars",
                categories=list(WAYS.values()),
                log_y=True,
            )
        ],
    )
