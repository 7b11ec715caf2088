"""A scan, shown: a file of this folder for each format, with `render(scan, rules, sources)`.

rules: every rule that the scan has findings of, by code. sources: where the lines are read that a report shows.
"""

import importlib
from collections.abc import Mapping

from iomodels.migrate.finding import Scan
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["FORMATS", "STATISTICS", "render"]

FORMATS = {
    "text": "text",
    "concise": "concise",
    "json": "json",
    "sarif": "sarif",
    "github": "github",
    "junit": "junit",
    "md": "markdown",
}
STATISTICS = {"text": "statistics", "json": "statistics_json"}
COLOURED = ("text", "concise")


def render(
    form: str, scan: Scan, rules: Mapping[str, Rule], sources: Sources, *, statistics: bool = False, colour: bool = False
) -> str:
    """The whole report in one of FORMATS, or of STATISTICS; only what that one needs is imported.

    colour: for a terminal; of the formats that are for people.
    """
    name = (STATISTICS if statistics else FORMATS)[form]
    show = importlib.import_module(f"{__name__}.{name}").render
    painted = {"colour": colour} if name in COLOURED else {}
    report: str = show(scan, rules, sources, **painted)
    return report
