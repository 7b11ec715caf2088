"""The parts that a plan moves one after the other: each unit with what was found in it, and the calls that belong to none."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from iomodels.migrate.finding import Finding, Kind, Scan, Unit
from iomodels.migrate.output.words import kinds
from iomodels.migrate.rule import Group, Rule
from iomodels.migrate.sources import Sources

__all__ = ["LOOSE", "Part", "parts"]

LOOSE = "calls outside of these parts"


@dataclass(frozen=True)
class Part:
    """A unit, or what of a file belongs to none.

    first, last: its lines, from 1; both 0 for what belongs to none. findings: shapes and hazards, no calls that block a loop.
    """

    path: str
    unit: Unit | None
    first: int
    last: int
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        if self.unit is None:
            return "other calls"
        return self.unit.name or "module"

    @property
    def kind(self) -> str:
        """`server, threads`."""
        return kinds(self.unit) if self.unit is not None else LOOSE

    @property
    def line(self) -> int:
        return self.first or self.findings[0].place.line

    @property
    def stays(self) -> bool:
        """Whether it is better left as it is."""
        return self.unit is not None and (bool(self.unit.stay) or self.unit.kind is Kind.FRAMEWORK)

    def has(self, line: int) -> bool:
        """Whether a line of its file is its own."""
        return self.first <= line <= self.last or any(each.place.line <= line <= each.place.end_line for each in self.findings)


def parts(found: Scan, rules: Mapping[str, Rule], sources: Sources) -> Iterator[Part]:
    """Every unit, also one in which nothing was found, and what belongs to none, file by file."""
    units = {path: list(group) for path, group in groupby(found.units, lambda unit: unit.place.path)}
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in found.findings:
        if rules[finding.rule].group is not Group.BLOCKING:
            findings[finding.place.path].append(finding)
    for path in sorted({*units, *findings}):
        yield from _of_file(path, units.get(path, []), findings.get(path, ()), sources.lines(path))


def _of_file(path: str, units: Sequence[Unit], findings: Iterable[Finding], lines: Sequence[str]) -> Iterator[Part]:
    last = _last_lines(lines)
    spans = [
        (1, len(lines)) if not unit.name else (unit.place.line, last.get(unit.place.line, unit.place.line)) for unit in units
    ]
    own: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        own[_owner(finding, units, spans)].append(finding)
    for number, (unit, (start, end)) in enumerate(zip(units, spans, strict=True)):
        yield Part(path, unit, start, end, tuple(own[number]))
    if own[None]:
        yield Part(path, None, 0, 0, tuple(own[None]))


def _owner(finding: Finding, units: Sequence[Unit], spans: Sequence[tuple[int, int]]) -> int | None:
    """The unit that a finding belongs to: the innermost round it; the one of its class; the only one of the file."""
    line = finding.place.line
    round_it = [number for number, (start, end) in enumerate(spans) if units[number].name and start <= line <= end]
    if round_it:
        return max(round_it, key=lambda number: spans[number][0])
    named = [number for number, unit in enumerate(units) if unit.name == finding.unit]
    return named[0] if named else 0 if len(units) == 1 else None


def _last_lines(lines: Sequence[str]) -> Mapping[int, int]:
    """The last line of each class and function, by its first; none, when the file is no longer what was scanned."""
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    blocks = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.lineno: node.end_lineno or node.lineno for node in ast.walk(tree) if isinstance(node, blocks)}
