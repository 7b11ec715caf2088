"""A scan as Markdown: totals, the rules by how often they were found, every finding, and what each class is."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from iomodels.migrate.finding import Scan, Unit
from iomodels.migrate.output.statistics import counts
from iomodels.migrate.output.words import described, found, future, kinds, left_out, printable, unread
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources
from iomodels.report.markdown import table

__all__ = ["render"]


def render(scan: Scan, rules: Mapping[str, Rule], sources: Sources) -> str:
    """The whole report."""
    return "\n".join(_lines(scan, rules, sources)) + "\n"


def _lines(scan: Scan, rules: Mapping[str, Rule], sources: Sources) -> Iterator[str]:
    yield found(scan, rules)
    yield from left_out(scan)
    if scan.findings:
        head = ("findings", "rule", "what", "by", "becomes")
        rows = ((str(n), f"{r.code} {r.name}", r.summary, r.by, future(r)) for r, n in counts(scan, rules))
        yield from ("", "## Rules", "", *table(head, rows), "", "## Findings")
    for path, findings in groupby(scan.findings, lambda finding: finding.place.path):
        yield from ("", f"### {code(path)}", "")
        yield from table(
            ("place", "rule", "what", "line"),
            (
                (f"{each.place.line}:{each.place.column}", each.rule, described(each), code(sources.line(each.place).strip()))
                for each in findings
            ),
        )
    if scan.units:
        yield from ("", "## What each part is", "")
        yield from table(("place", "name", "what it is", "why", "stay"), map(_row, scan.units))
    if scan.skipped:
        yield from ("", "## Not read", "", *table(("file", "why"), ((code(each.path), unread(each)) for each in scan.skipped)))


def code(text: str) -> str:
    """Text as code, in fences longer than any that it has (CommonMark 0.31, 6.1)."""
    text = printable(text.replace("\t", " "))
    if not text:
        return ""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _row(unit: Unit) -> tuple[str, ...]:
    place = code(f"{unit.place.path}:{unit.place.line}")
    return place, code(unit.name) or "module", kinds(unit), printable("; ".join(unit.reasons)), printable(unit.stay)
