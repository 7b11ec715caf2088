"""A scan in one line for each finding, as editors and grep like it."""

from collections.abc import Mapping

import click

from iomodels.migrate.finding import Scan
from iomodels.migrate.output.words import described, found, left_out, printable
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["render"]


def render(scan: Scan, rules: Mapping[str, Rule], _: Sources, *, colour: bool = False) -> str:
    """The whole report."""
    lines = []
    for finding in scan.findings:
        code = click.style(finding.rule, fg="red", bold=True) if colour else finding.rule
        lines.append(f"{printable(str(finding.place))}: {code} {described(finding)} [{rules[finding.rule].by}]")
    return "\n".join([*lines, found(scan, rules), *left_out(scan)]) + "\n"
