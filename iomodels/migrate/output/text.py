"""A scan for people: each finding with its line, what it becomes, what each class is, and totals."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

import click
from rich.cells import cell_len

from iomodels.migrate.finding import Finding, Place, Scan, Unit
from iomodels.migrate.output.words import described, found, futures, kinds, left_out, printable, read, trap, unread
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["render"]

TAB = 4
LONGEST = 200  # characters of a source line that are shown
Paint = Callable[..., str]


def render(scan: Scan, rules: Mapping[str, Rule], sources: Sources, *, colour: bool = False) -> str:
    """The whole report."""

    def paint(text: str, shade: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=shade, bold=bold or None) if colour else text

    lines: list[str] = []
    for path, findings in groupby(scan.findings, lambda finding: finding.place.path):
        lines += [*_file(path, list(findings), rules, sources, paint), ""]
    if scan.units:
        lines += ["What each part is:", ""]
    for path, units in groupby(scan.units, lambda unit: unit.place.path):
        lines.append(paint(printable(path), bold=True))
        for unit in units:
            lines += _unit(unit, sources, paint)
        lines.append("")
    for skipped in scan.skipped:
        where = f"{skipped.path}:{skipped.line}" if skipped.line else skipped.path
        lines.append(f"{printable(where)}: {paint('not read', 'yellow')}, {unread(skipped)}")
    if scan.skipped:
        lines.append("")
    return "\n".join([*lines, paint(found(scan, rules), bold=True), *left_out(scan), read(scan)]) + "\n"


def _file(path: str, findings: list[Finding], rules: Mapping[str, Rule], sources: Sources, paint: Paint) -> Iterator[str]:
    yield paint(printable(path), bold=True)
    told = set()
    for finding in findings:
        rule = rules[finding.rule]
        yield ""
        yield f"{printable(str(finding.place))}: {paint(finding.rule, 'red', bold=True)} {described(finding)}"
        yield from _source(finding.place, sources, paint)
        if rule.code not in told:  # once in each file
            told.add(rule.code)
            yield f"  = migrate: {paint(rule.by, 'cyan')}"
            yield from (f"  = {printable(line)}" for line in futures(rule))
            yield f"  = trap: {printable(trap(rule))} (iomodels rule {rule.code})"


def _source(place: Place, sources: Sources, paint: Paint) -> Iterator[str]:
    """The line, and what of it is meant underlined; of a piece of many lines the first."""
    line = sources.line(place)[:LONGEST]
    if not line.strip():
        return
    end = len(line.rstrip()) if place.end_line > place.line else min(place.end_column - 1, len(line))
    before, through = (_width(line[:column]) for column in (place.column - 1, end))
    number = str(place.line)
    bar = paint("|", "blue")
    more = f" to line {place.end_line}" if place.end_line > place.line else ""
    yield f"{' ' * len(number)} {bar}"
    yield f"{paint(number, 'blue')} {bar} {_shown(line)}".rstrip()
    yield f"{' ' * len(number)} {bar} {' ' * before}{paint('^' * max(1, through - before), 'red')}{more}"


def _shown(text: str) -> str:
    return printable(text.expandtabs(TAB))


def _width(text: str) -> int:
    return cell_len(_shown(text))  # an ideograph is two columns wide


def _unit(unit: Unit, sources: Sources, paint: Paint) -> Iterator[str]:
    yield f"  {paint(printable(unit.name) or 'module', bold=True)} ({_where(unit, sources)}): {kinds(unit)}"
    for reason in unit.reasons:
        yield f"    {printable(reason)}"
    if unit.stay:
        yield f"    {paint('do not go async here', 'yellow')}: {printable(unit.stay)}"


def _where(unit: Unit, sources: Sources) -> str:
    words = sources.line(unit.place).replace("async ", "").split()
    what = {"class": "class, ", "def": "function, "}.get(words[0], "") if words and unit.name else ""
    return f"{what}line {unit.place.line}"
