"""Verdicts as text for a terminal: a grid for several servers, a list for one, then every failure in full, and the reasons."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import click

from iomodels.contract.runner import Result, Verdict
from iomodels.report.verdicts import Column, Verdicts, summary

__all__ = ["render"]

WIDTH = 100  # of wrapped text
ABREAST = 24  # columns side by side on a wide terminal; of more, each runtime has a grid of its own
MARKS = {
    Verdict.PASS: (".", "green"),
    Verdict.FAIL: ("F", "red"),
    Verdict.ERROR: ("E", "magenta"),
    Verdict.NOT_APPLICABLE: ("-", "cyan"),
    Verdict.NOT_RUN: ("?", "yellow"),
}
LEGEND = "  ".join(f"{mark} {verdict.value}" for verdict, (mark, _) in MARKS.items())


def render(verdicts: Verdicts, *, colour: bool = False) -> str:
    """The whole report."""

    def paint(text: str, shade: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=shade, bold=bold or None) if colour else text

    lines = list(_grid(verdicts, paint) if len(verdicts.columns) > 1 else _list(verdicts, paint))
    for columns, result in verdicts.failures():
        lines += ["", *_failure(columns, result, paint)]
    for verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_RUN):
        lines += _reasons(verdicts, verdict, paint)
    return "\n".join([*lines, "", paint(summary(verdicts.totals()), bold=True)]) + "\n"


Paint = Callable[..., str]


def _grid(verdicts: Verdicts, paint: Paint) -> Iterator[str]:
    width = max(len(column.name) for column in verdicts.columns)
    for number, column in enumerate(verdicts.columns, 1):
        yield f"{number:3}  {column.name:<{width}}  {summary(verdicts.totals(column.name))}"
    numbered = list(enumerate(verdicts.columns, 1))
    blocks = [numbered]
    if len(numbered) > ABREAST:
        blocks = [list(block) for _, block in groupby(numbered, lambda entry: entry[1].name.partition("/")[0])]
    for block in blocks:
        yield ""
        yield from _block(verdicts, block, paint)
    yield ""
    yield LEGEND


def _block(verdicts: Verdicts, columns: Sequence[tuple[int, Column]], paint: Paint) -> Iterator[str]:
    longest = max(len(case.id.partition("/")[2]) for case in verdicts.cases) + 2
    yield " " * longest + "".join(f"{number:3}" for number, _ in columns)
    for group, cases in groupby(verdicts.cases, lambda case: case.group):
        yield paint(group, bold=True)
        for case in cases:
            marks = (MARKS[verdicts.at(column.name, case).verdict] for _, column in columns)
            yield f"  {case.id.partition('/')[2]:<{longest - 2}}" + "".join("  " + paint(*mark) for mark in marks)


def _list(verdicts: Verdicts, paint: Paint) -> Iterator[str]:
    yield from (paint(_name(column), bold=True) for column in verdicts.columns)
    longest = max((len(case.id) for case in verdicts.cases), default=0)
    for _, result in verdicts.cells():
        shade = MARKS[result.verdict][1]
        seconds = f"{result.seconds:6.2f} s" if result.seconds else ""
        yield f"{paint(f'{result.verdict.value:<14}', shade)}  {result.case.id:<{longest}}  {seconds}".rstrip()


def _failure(columns: Sequence[Column], result: Result, paint: Paint) -> Iterator[str]:
    mark = MARKS[result.verdict][1]
    title = "harness error, no verdict" if result.verdict is Verdict.ERROR else "failed"
    yield paint(f"{result.case.id} {title} on {', '.join(map(_name, columns))}", mark, bold=True)
    yield f"  must hold: {result.case.says}"
    yield textwrap.indent(result.detail.rstrip(), "  ")
    yield f"  reference: {result.case.reference}"


def _name(column: Column) -> str:
    return f"{column.name} --service {column.service}" if column.service else column.name


def _reasons(verdicts: Verdicts, verdict: Verdict, paint: Paint) -> Iterator[str]:
    reasons = verdicts.reasons(verdict)
    if reasons:
        yield ""
        yield paint(f"{verdict.value}:", bold=True)
    for reason in reasons:
        yield from _wrapped(reason.text, "  ")
        for servers, case_ids in reason.where:
            who = f"{_many(servers, len(verdicts.columns))}: " if len(verdicts.columns) > 1 else ""
            yield from _wrapped(who + ", ".join(case_ids), "      ")


def _many(servers: Sequence[str], all_of_them: int) -> str:
    return "all" if len(servers) == all_of_them else ", ".join(servers)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
