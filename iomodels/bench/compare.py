"""Two benchmarks compared: what has changed, as far as rounds can tell it from noise and from a machine that is slower today.

A change is found when three things come together:

- the rounds of the two runs differ in rank (exact permutation test of the rank sum, two-sided, p < 0.01: with five rounds each,
  if none of one run lies among those of the other);
- their medians lie 5 % apart or more;
- and both hold for the figure itself and, in the same direction, for the figure as a multiple of the reference's in the same
  round.

The last is for drift: a machine that is slower today is slower for the reference as well, so the multiple stays; and a
reference that alone had a bad day leaves the figure itself where it was.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from iomodels.bench.ranks import least_p, rank_sum_p
from iomodels.bench.results import FIGURES, Cell, Point, Results

__all__ = ["DRIFTS", "LEAST", "LEVEL", "Change", "Limit", "Verdict", "compare"]

LEVEL = 0.01  # of p
LEAST = 0.05  # of the old median
DRIFTS = ("cpu", "rate", "p50", "p90", "p99", "p99.9", "max")  # with the machine; what is counted does not


class Verdict(StrEnum):
    """What became of a figure."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "no change found"
    UNKNOWN = "too few rounds"


@dataclass(frozen=True)
class Limit:
    """`cpu>10%`: how much worse a figure may become."""

    figure: str
    most: float

    @classmethod
    def of(cls, text: str) -> "Limit":
        """A limit as a user writes it. Raises ValueError."""
        found = re.fullmatch(r"\s*([\w.-]+)\s*>\s*(\d+(?:\.\d+)?)\s*%\s*", text)
        if found is None or found[1] not in FIGURES:
            raise ValueError(f"{text!r} is no limit: FIGURE>PERCENT%, as 'cpu>10%' (figures: {', '.join(FIGURES)})")
        return cls(found[1], float(found[2]) / 100)


@dataclass(frozen=True)
class Change:
    """One figure of one subject at one point, in both runs.

    old, new: the medians. by: the change as a part of the old, above 0 when it has become more. beside: the same of its
    multiples of the yardstick's, None without one. p: the greater of the two. verdict: see above.
    """

    subject: str
    point: Point
    figure: str
    old: float
    new: float
    by: float
    beside: float | None
    yardstick: str | None
    p: float
    verdict: Verdict

    def exceeds(self, limit: Limit) -> bool:
        """Whether it has become worse by more than that, seen either way."""
        least = min(abs(each) for each in (self.by, self.beside) if each is not None)
        return self.verdict is Verdict.WORSE and self.figure == limit.figure and least > limit.most


def compare(old: Results, new: Results, figures: Sequence[str] = ("cpu",)) -> list[Change]:
    """What both have measured, figure by figure."""
    return [change for figure in figures for change in _changes(old, new, figure)]


def _changes(old: Results, new: Results, figure: str) -> Iterator[Change]:
    for after in new.cells:
        before = old.find(after.subject, after.point)
        if before is not None and before.values(figure) and after.values(figure):
            yield _change(old, new, before, after, figure)


def _change(old: Results, new: Results, before: Cell, after: Cell, figure: str) -> Change:
    samples = [(before.values(figure), after.values(figure))]
    yardstick = _yardstick(old, new, after) if figure in DRIFTS else None
    if yardstick is not None:
        samples.append((old.ratios(before, yardstick, figure), new.ratios(after, yardstick, figure)))
    changes = [_by(*each) for each in samples]
    p = max(rank_sum_p(*each) for each in samples)
    return Change(
        subject=after.subject,
        point=after.point,
        figure=figure,
        old=median(samples[0][0]),
        new=median(samples[0][1]),
        by=changes[0],
        beside=changes[1] if yardstick is not None else None,
        yardstick=yardstick,
        p=p,
        verdict=_verdict(figure, samples, changes, p),
    )


def _yardstick(old: Results, new: Results, cell: Cell) -> str | None:
    """Whom to compare with in the same round: the reference; and the reference itself with the first of the others."""
    there = [each.subject for each in new.at(cell.point) if old.find(each.subject, cell.point) is not None]
    others = [subject for subject in there if subject != cell.subject]
    if new.reference in others:
        return new.reference
    return others[0] if others else None


def _by(old: Sequence[float], new: Sequence[float]) -> float:
    return median(new) / median(old) - 1 if median(old) else 0.0


def _verdict(
    figure: str, samples: Sequence[tuple[Sequence[float], Sequence[float]]], changes: Sequence[float], p: float
) -> Verdict:
    if any(least_p(len(one), len(other)) > LEVEL for one, other in samples):
        return Verdict.UNKNOWN
    more, less = all(change >= LEAST for change in changes), all(change <= -LEAST for change in changes)
    if p > LEVEL or not (more or less):
        return Verdict.SAME
    return Verdict.BETTER if more == FIGURES[figure].more_is_better else Verdict.WORSE
