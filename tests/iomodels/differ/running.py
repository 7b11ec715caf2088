"""What the tests of the comparison share: the pair of servers, and a plan for them."""

import sys
from pathlib import Path
from typing import Any

from iomodels.differ.asking import Plan, ask
from iomodels.differ.report import Report

__all__ = ["PAIR", "command", "compared", "found"]

PAIR = Path(__file__).parent / "servers" / "pair.py"


def command(defects: str = "", folder: str = "") -> str:
    """The command of servers/pair.py with some defects; folder: where it writes, `{dir}` for one of its own."""
    return f"{sys.executable} {PAIR} {{port}} '{defects}' {folder}".rstrip()


def compared(new: str, old: str = "", folder: str = "", **more: Any) -> Report:
    """The pair, with some defects in the new one, and some in the old one; by `lines`, and more as in Plan."""
    plan = Plan(command(old, folder), command(new, folder), **{"service": "lines", **more})
    return ask(plan, plan.prepare())


def found(report: Report) -> set[str]:
    """What differs: `bytes`, `end`, `waits`, ..."""
    return {each.aspect[0] for outcome in report.outcomes for each in outcome.differences}
