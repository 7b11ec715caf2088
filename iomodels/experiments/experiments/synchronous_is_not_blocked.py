"""Synchronous and blocking are two things: whether a call returns with its work done, and whether its caller is suspended.

Each call goes on for a while, in a program of its own, and the kernel is asked again and again what state its caller is in: R,
it runs or is ready to, S, it is suspended. If a synchronous call were a blocking one, every synchronous call would be seen in S
and no other. Calls are synchronous that return with the outcome, asynchronous where it is fetched later.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iomodels.bench.cores import on_core
from iomodels.contract.server import ServerError
from iomodels.experiments.experiment import Answer, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import percent
from iomodels.figures.chart import Chart, Series

MEASURED = "the share of looks in which a call's caller is suspended (state S), by call"
SOURCE = "proc_pid_stat(5), state; Stevens, UNIX Network Programming 1, 6.2, which calls both of them synchronous"
NEEDS = {"linux"}

LOOK = 0.002  # seconds between two looks: of another thread's state no event tells
SETTLE = 10  # looks that do not count: it has only said that it is about to call
MOST, FEW = 0.9, 0.1  # of the looks: suspended, not suspended


@dataclass(frozen=True)
class Called:
    """A call that is watched. program: its name in `programs/calls_to_watch.py`."""

    call: str
    synchronous: bool
    program: str


CALLS = (
    Called("recv(), nothing comes", True, "recv"),
    Called("read() of an empty pipe", True, "read"),
    Called("sleep()", True, "sleep"),
    Called("sha256() of much", True, "sha256"),
    Called("recv(MSG_DONTWAIT), repeated", True, "recv_again_and_again"),
    Called("submit(), then result()", False, "result"),
    Called("submit(), then done() repeated", False, "done_again_and_again"),
    Called("submit(), callback, computes", False, "callback"),
    Called("await, no other task", True, "await_alone"),
    Called("await, another task computes", True, "await_beside_another"),
)


def run(lab: Lab) -> Answer:
    looks = lab.pick(60, 500)
    suspended = {}
    for called in CALLS:
        lab.say(f"watching {called.call}")
        suspended[called.call] = watch(called.program, looks, lab.cores[0])
    return judge(CALLS, suspended)


def watch(call: str, looks: int, core: int) -> float:
    """The share of looks in which the caller is suspended."""
    command = [sys.executable, "-m", "iomodels.experiments.programs.calls_to_watch", call]
    with on_core(core):
        caller = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert caller.stdout is not None
        if caller.stdout.readline() != b"calling\n":
            raise ServerError(f"calls_to_watch {call} ended with status {caller.wait()}")
        states = []
        for _ in range(SETTLE + looks):
            time.sleep(LOOK)
            states.append(_state(caller.pid))
        return states[SETTLE:].count("S") / looks
    finally:
        caller.kill()
        caller.communicate()


def _state(process: int) -> str:
    return Path(f"/proc/{process}/task/{process}/stat").read_text().rpartition(")")[2].split()[0]


def judge(calls: Sequence[Called], suspended: Mapping[str, float]) -> Answer:
    """suspended: the share of looks, by call. Holds if both sorts have calls that suspend their caller and that do not."""
    asleep = [called for called in calls if suspended[called.call] >= MOST]
    awake = [called for called in calls if suspended[called.call] <= FEW]
    telling = [
        *[called for called in awake if called.synchronous][:1],
        *[called for called in asleep if not called.synchronous][:1],
    ]
    holds = all({called.synchronous for called in group} == {True, False} for group in (asleep, awake))
    return Answer(
        verdict=Verdict.HOLDS if holds else Verdict.DOES_NOT_HOLD,
        says="; ".join(
            f"{called.call} is {_sort(called)}, and its caller was suspended in {percent(suspended[called.call])} of the looks"
            for called in telling or calls[:1]
        )
        + ".",
        because="" if holds else f"Suspended: {_listed(asleep)}. Not suspended: {_listed(awake)}.",
        table=[
            ["call", "returns", "caller suspended (S)", "so it is"],
            *(
                [
                    called.call,
                    "with the outcome" if called.synchronous else "before",
                    percent(suspended[called.call]),
                    "blocked" if called in asleep else "not blocked" if called in awake else "both by turns",
                ]
                for called in calls
            ),
        ],
        charts=[
            Chart(
                name="synchronous-is-not-blocked",
                title="How often the caller of a call is suspended",
                description="Bars of none or of all, nearly: synchronous calls are among both, and asynchronous ones too.",
                x="call",
                y="looks in state S, %",
                series=[Series("suspended", [(place, 100 * suspended[each.call]) for place, each in enumerate(calls)])],
                kind="bars",
                categories=[called.call for called in calls],
            )
        ],
    )


def _sort(called: Called) -> str:
    return "synchronous" if called.synchronous else "asynchronous"


def _listed(calls: Sequence[Called]) -> str:
    return "; ".join(f"{called.call} ({_sort(called)})" for called in calls) or "no call"
