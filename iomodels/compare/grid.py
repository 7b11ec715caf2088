"""What the contract said, as grids: one that fits a page, and all cells of all servers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from iomodels.catalogue import variants
from iomodels.compare.findings import Findings
from iomodels.contract.runner import Result, Verdict
from iomodels.report.verdicts import summary

__all__ = ["MARKS", "Mark", "cells", "models"]

MARKS = {
    Verdict.PASS: ("pass", "✓"),
    Verdict.FAIL: ("fail", "✗"),
    Verdict.ERROR: ("error", "!"),
    Verdict.NOT_APPLICABLE: ("na", "-"),
    Verdict.NOT_RUN: ("unasked", "?"),
}
RUNTIMES = ("sockets", "asyncio", "trio", "anyio")  # in this order, each with its loops and backends after it


@dataclass(frozen=True)
class Mark:
    """A cell of a grid: how it looks, what stands in it, and what a pointer that rests on it is told."""

    css: str
    text: str
    says: str


def models(findings: Findings) -> Mapping[str, Any]:
    """The grid that fits a page: a row for each model, a column for each runtime."""
    known = variants()
    asked = {column.name for column in findings.verdicts.columns}
    runtimes = sorted({variant.runtime for variant in known}, key=_place)
    by_name = {variant.name: variant for variant in known}
    rows = []
    for model in sorted({variant.model for variant in known}):
        marks = []
        for runtime in runtimes:
            variant = by_name[f"{runtime}/{model}"]
            same = variant.profile.same_as
            if variant.name in asked:
                marks.append(_mark(findings, variant.name))
            elif same in asked:
                mark = _mark(findings, same)
                marks.append(Mark(f"{mark.css} same", mark.text, f"{variant.name} runs the code of {same}: {mark.says}"))
            else:
                marks.append(Mark("unasked", "", f"{variant.name} was not asked"))
        rows.append((model, marks))
    return {"runtimes": runtimes, "rows": [row for row in rows if any(mark.text for mark in row[1])]}


def _mark(findings: Findings, name: str) -> Mark:
    totals = findings.verdicts.totals(name)
    says = f"{name}: {summary(totals)}"
    for each in (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_RUN):
        if totals[each]:
            css, text = MARKS[each]
            return Mark(css, f"{totals[each]} {text}", says)
    if not totals[Verdict.PASS]:
        return Mark("na", "-", says)
    return Mark("pass", str(totals[Verdict.PASS]), says)


def cells(findings: Findings) -> Iterator[Mapping[str, Any]]:
    """All cells: for each runtime a row for each case and a column for each model."""
    own = set(findings.against)
    columns = sorted(findings.verdicts.columns, key=lambda column: (column.name not in own, _place(_runtime(column.name))))
    for runtime, members in groupby(columns, lambda column: "" if column.name in own else _runtime(column.name)):
        names = [column.name for column in members]
        rows = [(case, [_cell(findings.verdicts.at(name, case), name) for name in names]) for case in findings.verdicts.cases]
        heads = [name.partition("/")[2] for name in names] if runtime else names
        yield {"runtime": runtime or "your own", "names": heads, "rows": rows}


def _cell(result: Result, name: str) -> Mark:
    if result.verdict is Verdict.PASS:  # nearly all of them: without a remark the file is half as large
        return Mark(*MARKS[Verdict.PASS], "")
    return Mark(*MARKS[result.verdict], f"{name}: {result.verdict.value}. {result.detail.partition(chr(10))[0]}")


def _runtime(name: str) -> str:
    return name.partition("/")[0]


def _place(runtime: str) -> tuple[int, str]:
    first = runtime.partition("+")[0]
    return (RUNTIMES.index(first) if first in RUNTIMES else len(RUNTIMES)), runtime
