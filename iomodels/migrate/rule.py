"""What a rule is, and where they are found: a file of `rules/` that has a `RULE` is one, and nothing else names it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module, Node

__all__ = ["By", "Group", "Rule", "Spot", "all_rules", "rule_called"]


class Group(StrEnum):
    """What kind of thing a rule finds."""

    SHAPE = "shape"  # a construct that has an equivalent: IOM1xx
    HAZARD = "hazard"  # what a move would carry over or change: IOM2xx
    BLOCKING = "blocking"  # a call that stops the loop, in `async def`: IOM3xx


class By(StrEnum):
    """Who can do the change."""

    MACHINE = "automatic"
    BOTH = "partly"
    HAND = "by hand"


@dataclass(frozen=True)
class Spot:
    """Where a rule holds, without a path. node: what is underlined. text: what, in one line; "" for the rule's summary."""

    node: Node
    text: str = ""
    confidence: Confidence = Confidence.CERTAIN


@dataclass(frozen=True)
class Rule:
    """A rule.

    code: `IOM` and three digits. name: in words, with hyphens. summary: what was found, in one line. asyncio, trio, anyio:
    what it becomes, each a line or a few of code. by: who can do it. trap: what goes wrong when it is done without thinking;
    a paragraph. guide: the page that shows it, with the anchor: `recipes/threads.md`. case: the contract's case that would
    show the trap, or "". example: a program, at least one spot of which this rule finds.
    needs: names of calls, one of which a module must make for `check` to be asked at all; empty: any. check: the spots in one
    module.
    """

    code: str
    name: str
    group: Group
    summary: str
    asyncio: str
    trio: str
    anyio: str
    by: By
    trap: str
    guide: str
    example: str
    check: Callable[[Module], Iterable[Spot]]
    case: str = ""
    needs: frozenset[str] = frozenset()


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    folder = Path(__file__).parent / "rules"
    names = (file.name for file in pkgutil.iter_modules([str(folder)]))
    return tuple(sorted(_rules(names), key=lambda rule: rule.code))


def _rules(names: Iterable[str]) -> Iterator[Rule]:
    for name in names:
        rule = getattr(importlib.import_module(f"iomodels.migrate.rules.{name}"), "RULE", None)
        if isinstance(rule, Rule):
            yield rule


def rule_called(code: str) -> Rule:
    """The rule with that code or name. Raises LookupError."""
    for rule in all_rules():
        if code.upper() == rule.code or code == rule.name:
            return rule
    raise LookupError(code)
