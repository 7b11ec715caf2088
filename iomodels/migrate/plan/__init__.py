"""A migration plan for people: one HTML file that asks nothing of the network.

It says what classic I/O there is and what to do with it in which order; `effort.py` has the rule by which work is reckoned. It
is made with jinja2, which the extra `report` installs.
"""

from collections.abc import Mapping

from iomodels.migrate.finding import Scan
from iomodels.migrate.plan.page import render
from iomodels.migrate.plan.tried import Move
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["Move", "plan"]


def plan(found: Scan, rules: Mapping[str, Rule], sources: Sources, move: Move | None = None) -> str:
    """The file's content.

    move: `iomodels.migrate.moving.move`, for the real diffs and refusals; without it the plan says that they were not tried.
    Raises ImportError where jinja2 is not installed.
    """
    return render(found, rules, sources, move)
