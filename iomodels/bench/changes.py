"""Changes from one benchmark to the next, for reading and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from iomodels.bench.compare import DRIFTS, LEAST, LEVEL, Change, Limit, Verdict
from iomodels.bench.metadata import differences, machine
from iomodels.bench.results import FIGURES, Results
from iomodels.bench.table import NONE, aligned, piped

__all__ = ["as_json", "markdown", "text"]

SCHEMA_VERSION = 1
HOW = (
    f"found: ranks differ (exact permutation test of the rank sum, p < {LEVEL:g}) and medians lie {LEAST:.0%} apart or more,"
    " in the figure itself and beside the yardstick in the same round"
)


def text(changes: Sequence[Change], old: Results, new: Results, limits: Sequence[Limit]) -> str:
    """For a terminal."""
    lines: list[str] = []
    for figure, rows in _tables(changes):
        lines += [f"{figure}, {FIGURES[figure].unit}", *aligned(rows, left=2), ""]
    return "\n".join([*lines, *_remarks(changes, old, new, limits)]) + "\n"


def markdown(changes: Sequence[Change], old: Results, new: Results, limits: Sequence[Limit]) -> str:
    """The same in Markdown."""
    lines: list[str] = []
    for figure, rows in _tables(changes):
        lines += [f"**{figure}, {FIGURES[figure].unit}**", "", *piped(rows, left=2), ""]
    return "\n".join([*lines, *(f"- {remark}" for remark in _remarks(changes, old, new, limits))]) + "\n"


def as_json(changes: Sequence[Change], old: Results, new: Results, limits: Sequence[Limit]) -> str:
    """All of it; `exceeds` are the limits that a change is beyond."""
    told = {
        "schema_version": SCHEMA_VERSION,
        "old": dict(old.metadata),
        "new": dict(new.metadata),
        "differences": differences(old.metadata, new.metadata),
        "changes": [
            {**asdict(change), "exceeds": [asdict(limit) for limit in limits if change.exceeds(limit)]} for change in changes
        ],
    }
    return json.dumps(told, indent=1) + "\n"


def _tables(changes: Sequence[Change]) -> list[tuple[str, list[list[str]]]]:
    """A table for each figure, the heading first."""
    tables = []
    for figure in dict.fromkeys(change.figure for change in changes):
        of_it = [change for change in changes if change.figure == figure]
        rows = [["server", "load", "old", "new", "change", "beside the yardstick", "p", ""]]
        rows += [
            [
                change.subject,
                str(change.point),
                _number(change.old),
                _number(change.new),
                f"{change.by:+.1%}",
                NONE if change.beside is None else f"{change.beside:+.1%} ({change.yardstick})",
                f"{change.p:.3f}",
                change.verdict.value,
            ]
            for change in of_it
        ]
        tables.append((figure, rows))
    return tables


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _remarks(changes: Sequence[Change], old: Results, new: Results, limits: Sequence[Limit]) -> list[str]:
    count = {verdict: sum(change.verdict is verdict for change in changes) for verdict in Verdict}
    beyond = [(change, limit) for change in changes for limit in limits if change.exceeds(limit)]
    return [
        *(f"{change.subject}, {change.point}: {change.figure} is more than {limit.most:.0%} worse" for change, limit in beyond),
        ", ".join(f"{number} {verdict.value}" for verdict, number in count.items() if number),
        *_alone(changes),
        *(f"not the same in both runs: {difference}" for difference in differences(old.metadata, new.metadata)),
        HOW,
        machine(new.metadata),
    ]


def _alone(changes: Sequence[Change]) -> list[str]:
    """A word about those that nothing was measured beside in both runs."""
    alone = dict.fromkeys(change.subject for change in changes if change.yardstick is None and change.figure in DRIFTS)
    if not alone:
        return []
    told = f"nothing was measured beside {', '.join(alone)} in both runs: a machine that is slower today counts as a change."
    return [f"{told} With a reference in the same rounds, such as the C ceiling, it does not"]
