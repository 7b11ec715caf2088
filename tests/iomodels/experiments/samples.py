"""Experiments that were never made: one record with all that there can be in it, and experiments that end in each way."""

from collections.abc import Callable

from iomodels.experiments.experiment import Answer, Experiment, NotHere, Record, Verdict
from iomodels.experiments.lab import Lab
from iomodels.figures.chart import Chart, Mark, Series

CHART = Chart(
    name="made-up",
    title="Two lines",
    description="One goes up, one down.",
    x="connections",
    y="us",
    series=[
        Series("up", [(1, 2.5), (10, 3)], low=[2, 2.5], high=[3, 3.5]),
        Series("down", [(1, 4), (10, 1.5)], low=[], high=[]),
    ],
    log_x=True,
    marks=[Mark("it turns", x=3)],
)
BARS = Chart("made-up-bars", "Bars", "Two of them.", "", "ms", [Series("a", [(0, 1), (1, 2)])], "bars", ["one", "two"])
ANSWER = Answer(
    verdict=Verdict.DEPENDS,
    says="One costs 2.5 us, the other 4 us.",
    table=[["server", "us"], ["sockets/one", "2.5"], ["sockets/another", "14"]],
    charts=[CHART, BARS],
    crossing="it turns at 3 connections",
    because="One of them has to wait.",
)
RECORD = Record(
    name="made-up",
    claim="One is dearer than the other.",
    how="Both are tried.\n\nTwice.",
    measured="us of CPU",
    source="select(2), BUGS",
    quick=True,
    seconds=1.5,
    metadata={"kernel": "Linux 6.1", "python": "CPython 3.11.9"},
    answer=ANSWER,
)


def answers(_: Lab) -> Answer:
    return ANSWER


def is_absent(_: Lab) -> Answer:
    raise NotHere("there is no such\nthing here")


def breaks(_: Lab) -> Answer:
    raise ZeroDivisionError("division\nby zero")


def never_ends(_: Lab) -> Answer:
    raise KeyboardInterrupt


def made_up(name: str, run: Callable[[Lab], Answer] = answers, *needs: str) -> Experiment:
    """An experiment that has a name and an end."""
    return Experiment(name, f"The claim of {name}.", "How.", "us of CPU", "select(2), BUGS", frozenset(needs), run)
