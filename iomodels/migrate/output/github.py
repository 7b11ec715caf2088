"""A scan as GitHub workflow commands: an annotation for each finding, then the totals."""

from collections.abc import Mapping
from pathlib import Path

from iomodels.migrate.finding import Scan
from iomodels.migrate.output.words import described, found, future, left_out, printable
from iomodels.migrate.rule import Group, Rule
from iomodels.migrate.sources import Sources
from iomodels.report.github import escape, escape_property

__all__ = ["render"]

COMMANDS = {Group.SHAPE: "notice", Group.HAZARD: "warning", Group.BLOCKING: "error"}


def render(scan: Scan, rules: Mapping[str, Rule], _: Sources) -> str:
    """The whole report."""
    lines = []
    for finding in scan.findings:
        rule, place = rules[finding.rule], finding.place
        properties = {
            "title": f"{rule.code} {rule.name}",
            "file": printable(Path(place.path).as_posix()),
            "line": str(place.line),
        }
        if place.end_line == place.line:  # GitHub takes columns of a single line alone
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
        else:
            properties["endLine"] = str(place.end_line)
        shown = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
        message = f"{described(finding)}\n{rule.by}; {future(rule)}"
        lines.append(f"::{COMMANDS[rule.group]} {shown}::{escape(message)}")
    return "\n".join([*lines, found(scan, rules), *left_out(scan)]) + "\n"
