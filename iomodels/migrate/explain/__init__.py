"""What there is to tell of a rule beyond its own fields: for `iomodels rule`, and for the guide's pages."""

import importlib
import importlib.util
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iomodels.contract.case import Case, all_cases
from iomodels.migrate.examine import examine
from iomodels.migrate.finding import Finding
from iomodels.migrate.rule import Group, Rule

if TYPE_CHECKING:  # it needs libcst
    from iomodels.migrate.rewrite.refusals import Reason

__all__ = ["GROUPS", "LIBRARIES", "REFUSED", "Explanation", "all_refusals", "clauses", "explain", "grouped"]

LIBRARIES = ("asyncio", "trio", "anyio")
GROUPS = {
    Group.SHAPE: "What has an equivalent",
    Group.HAZARD: "What a move would carry over, or change",
    Group.BLOCKING: "What stops the loop, in async code",
}
REFUSED = "Why `iomodels migrate` leaves something alone"


@dataclass(frozen=True)
class Explanation:
    """A rule, explained.

    matches: what it looks for, in sentences. marks: what it finds in its example. beside: the codes of the rules that find
    something there as well. case: the contract's case that would show the trap, if there is one.
    """

    rule: Rule
    matches: str
    marks: tuple[Finding, ...]
    beside: tuple[str, ...]
    case: Case | None


def explain(rule: Rule) -> Explanation:
    """All there is to tell of a rule. What it looks for is what its check says, or its file, which has the rule's name."""
    module = importlib.import_module(f"iomodels.migrate.rules.{rule.name.replace('-', '_')}")
    matches = inspect.getdoc(rule.check) or inspect.getdoc(module) or ""
    if rule.group is Group.BLOCKING:
        matches += " Also in a plain function that async code calls, one level down."
    found = examine("example.py", rule.example.encode(), always=True).findings
    return Explanation(
        rule=rule,
        matches=" ".join(matches.split()),
        marks=tuple(finding for finding in found if finding.rule == rule.code),
        beside=tuple(sorted({finding.rule for finding in found} - {rule.code})),
        case=next((case for case in all_cases() if case.id == rule.case), None),
    )


def grouped(rules: Iterable[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    """The heading of each group, and its rules."""
    known = list(rules)
    for group, heading in GROUPS.items():
        yield heading, [rule for rule in known if rule.group is group]


def clauses(equivalent: str) -> list[str]:
    """What something becomes, a clause a line."""
    return [clause for line in equivalent.strip().splitlines() for clause in line.split("; ")]


def all_refusals() -> tuple["Reason", ...]:
    """Why `iomodels migrate` leaves something alone, by code; none without libcst, with which it rewrites."""
    if importlib.util.find_spec("libcst") is None:
        return ()
    from iomodels.migrate.rewrite.refusals import REFUSALS

    return tuple(sorted(REFUSALS.values(), key=lambda reason: reason.code))
