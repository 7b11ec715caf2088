"""An experiment: one statement that textbooks make, in one file of `experiments/`. The file's name is its name:
`silent_client_stops_blocking.py` is `silent-client-stops-blocking`. The first line of its docstring is the claim, as a
textbook would put it; the rest says how it is tried, and why so.

An experiment's file has:

    MEASURED = "the time until ..., in ms"      # what is measured, and its unit
    SOURCE = "select(2), BUGS"                  # who says so, or where it is written how it must come out
    NEEDS = {"strace"}                          # optional: see NEEDS below

    def run(lab: Lab) -> Answer: ...            # measures, and says what came out
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iomodels.figures.chart import Chart

if TYPE_CHECKING:
    from iomodels.experiments.lab import Lab

__all__ = ["NEEDS", "Answer", "Experiment", "NotHere", "Record", "Verdict", "all_experiments"]

NEEDS = {
    "linux": "it looks into /proc, or tries what Linux alone has",
    "strace": "it counts system calls: strace must be installed, and allowed to trace",
    "io_uring": "it needs io_uring: Linux 6.1 or later, and the liburing package",
}


class NotHere(Exception):
    """The experiment cannot be made on this machine; the text is the reason, and it is printed."""


class Verdict(StrEnum):
    """What became of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold here"
    DEPENDS = "depends"


@dataclass(frozen=True)
class Answer:
    """What came out.

    says: one or two sentences with the figures in them, that a person can quote. crossing: where it turns, of a claim that
    depends ("at 300 connections"). because: why a claim does not hold, or only sometimes, as far as the measurement shows it.
    table: the figures, the heading first. charts: the first of them is the experiment's figure.
    """

    verdict: Verdict
    says: str
    table: Sequence[Sequence[str]]
    charts: Sequence[Chart]
    crossing: str = ""
    because: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment: `claim` and `how` are its docstring, the latter a line for each paragraph; the rest is from its file."""

    name: str
    claim: str
    how: str
    measured: str
    source: str
    needs: frozenset[str]
    run: "Callable[[Lab], Answer]"


@dataclass(frozen=True)
class Record:
    """One experiment that was made, as it is kept: with all that is to be said of it, so that it is shown without its file.

    name, claim, how, measured, source: the experiment's. quick: whether it was made in a hurry, with less of everything.
    seconds: how long it took. metadata: when, and on what machine.
    """

    name: str
    claim: str
    how: str
    measured: str
    source: str
    quick: bool
    seconds: float
    metadata: Mapping[str, Any]
    answer: Answer

    @property
    def figures(self) -> Mapping[str, Chart]:
        """Its charts by the names that their files have, without the suffix: the first is called as the experiment is."""
        return {
            self.name if not number else f"{self.name}-{number + 1}": chart for number, chart in enumerate(self.answer.charts)
        }


def all_experiments() -> list[Experiment]:
    """Every experiment, by name."""
    folder = Path(__file__).parent / "experiments"
    return [_load(file.name) for file in pkgutil.iter_modules([str(folder)]) if not file.name.startswith("_")]


def _load(name: str) -> Experiment:
    module = importlib.import_module(f"iomodels.experiments.experiments.{name}")
    claim, _, how = (module.__doc__ or "").strip().partition("\n")
    return Experiment(
        name=name.replace("_", "-"),
        claim=claim,
        how="\n\n".join(" ".join(paragraph.split()) for paragraph in how.strip().split("\n\n")),
        measured=module.MEASURED,
        source=module.SOURCE,
        needs=frozenset(getattr(module, "NEEDS", ())),
        run=module.run,
    )
