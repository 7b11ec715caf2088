"""How often each rule was found, the commonest first: as text."""

from collections import Counter
from collections.abc import Mapping

from iomodels.migrate.finding import Scan
from iomodels.migrate.output.words import found
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["counts", "render"]


def counts(scan: Scan, rules: Mapping[str, Rule]) -> list[tuple[Rule, int]]:
    """Each rule that was found, and how often; those found alike often by code."""
    number = Counter(finding.rule for finding in scan.findings)
    return [(rules[code], number[code]) for code in sorted(number, key=lambda code: (-number[code], code))]


def render(scan: Scan, rules: Mapping[str, Rule], _: Sources) -> str:
    """The whole report."""
    rows = [(f"{number:,}", rule.code, rule.by.value, rule.name, rule.summary) for rule, number in counts(scan, rules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, *words in rows:
        padded = (f"{word:<{width}}" for word, width in zip(words, widths[1:], strict=True))
        lines.append(f"{number:>{widths[0]}}  {'  '.join(padded)}".rstrip())
    return "\n".join([*lines, found(scan, rules)]) + "\n"
