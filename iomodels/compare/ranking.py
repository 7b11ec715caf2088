"""The ranking as a table: who was measured, and what each figure is sorted by."""

from collections.abc import Mapping, Sequence
from typing import Any

from iomodels.bench.results import PERCENTILES, Cell
from iomodels.compare.findings import Findings
from iomodels.figures.number import number

__all__ = ["ONE_ROUND", "heads", "rows"]

KIB = 1024
ABSENT = "-"
ONE_ROUND = "1 round"  # in place of a spread


def heads(findings: Findings) -> Sequence[tuple[str, str]]:
    """The columns' headings, and what each means."""
    return [
        ("server", "what was measured"),
        ("us/request", "CPU time of its process tree, user and system, for each request; the median of the rounds"),
        (f"x {findings.plan.reference}", "that, as a multiple of the reference's in the same round"),
        ("spread", f"how far the rounds lie apart, as a share of the median; {ONE_ROUND}: it is not known"),
        ("requests/s", "closed loop: a connection asks when it has been answered"),
        *((f"{name} ms", "latency in the closed loop") for name in PERCENTILES),
        ("KiB/connection", "memory that a connection adds to its processes, without what the kernel keeps for it"),
        ("MiB", "memory of its process tree (the proportional set size)"),
        ("switches", "context switches for each request"),
        ("threads", "threads in all its processes"),
        ("processes", "processes"),
    ]


def rows(findings: Findings, cells: Sequence[Cell]) -> list[Mapping[str, Any]]:
    """A row for each of these; its cells as they are shown, and as they are sorted."""
    return [_row(findings, cell) for cell in cells]


def _row(findings: Findings, cell: Cell) -> Mapping[str, Any]:
    last = cell.rounds[-1]
    cells = [
        _shown(cell.cost, "{:.1f}"),
        _shown(findings.times(cell), "{:.2f}"),
        _shown(cell.spread("cpu") * 100, "{:.0f} %") if len(cell.rounds) > 1 else (ONE_ROUND, ""),
        _shown(cell.median("rate")),
        *(_shown(cell.median(name), unit=1000) for name in PERCENTILES),
        _shown(cell.median("per-connection"), "{:.1f}", KIB),
        _shown(cell.median("memory"), "{:.1f}", KIB * KIB),
        _shown(cell.median("switches")),
        _shown(last.threads),
        _shown(last.processes),
    ]
    return {
        "name": findings.called(cell.subject),
        "says": findings.says.get(cell.subject, ""),
        "once": len(cell.rounds) == 1,
        "own": cell.subject in findings.against,
        "bound": any(each.generator_bound for each in cell.rounds),
        "cells": cells,
    }


def _shown(value: float | None, form: str = "", unit: float = 1) -> tuple[str, float | str]:
    if value is None:
        return ABSENT, ""
    return (form.format(value / unit) if form else number(value / unit)), value
