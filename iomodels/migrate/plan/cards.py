"""What a plan shows of each part and of each rule, ready for the templates."""

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from iomodels.migrate.finding import Finding
from iomodels.migrate.output.words import described, printable
from iomodels.migrate.plan.effort import Effort, effort
from iomodels.migrate.plan.excerpt import excerpt
from iomodels.migrate.plan.parts import Part
from iomodels.migrate.plan.tried import LIBRARIES, Tries, diff, moves, refusals
from iomodels.migrate.rule import Group, Rule
from iomodels.migrate.sources import Sources

if TYPE_CHECKING:
    from iomodels.migrate.moving import Moved

__all__ = ["Cards"]

CONTEXT = 3  # lines before and after a finding
MOST = 15  # findings of a part, and of a rule, that are shown with their lines; the others are named
DIFF = 400  # lines of a diff that are shown
NAMED = 200  # places that are named without their lines


@dataclass
class Cards:
    """Makes the cards, in the order of the page.

    tries: what `iomodels migrate` does, where it was tried. ids: of each part that has a card. known: the rules that have one.
    """

    rules: Mapping[str, Rule]
    sources: Sources
    tries: Tries = field(default_factory=dict)
    ids: Mapping[Part, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    root: str = ""  # the folder of everything, which paths are shown without
    told: set[str] = field(default_factory=set)  # rules whose trap was told
    differing: dict[tuple[str, str], str] = field(default_factory=dict)  # where the diff of a file stands, by library

    def moved(self, part: Part) -> list[str]:
        """The libraries to which a machine moves it."""
        tries = self.tries.get(part.path, {})
        return [library for library in LIBRARIES if library in tries and moves(part, tries[library])]

    def effort(self, part: Part) -> Effort:
        return effort(part.unit, part.last - part.first + 1, part.findings, self.rules, moved=bool(self.moved(part)))

    def short(self, path: str) -> str:
        """A path without what all of them have in common."""
        return printable(path.removeprefix(self.root).lstrip(os.sep) or path)

    def row(self, part: Part) -> Mapping[str, Any]:
        """A part in a line, for the list of them and for the head of its card."""
        hours = self.effort(part)
        return {
            "id": self.ids.get(part, ""),
            "name": part.name,
            "path": self.short(part.path),
            "line": part.line,
            "kind": part.kind,
            "size": hours.size,
            "hours": str(hours),
            "moved": self.moved(part),
            "tried": part.path in self.tries,
            "findings": len(part.findings),
        }

    def part(self, part: Part, *, whole: bool = True) -> Mapping[str, Any]:
        """A part with everything about it; not whole: in a few words."""
        if not whole:
            self.differing = {key: where for key, where in self.differing.items() if where != self.ids[part]}
        shapes = [each for each in part.findings if self.rules[each.rule].group is Group.SHAPE]
        hazards = [each for each in part.findings if self.rules[each.rule].group is Group.HAZARD]
        codes = list(dict.fromkeys(each.rule for each in shapes))
        return {
            **self.row(part),
            "reasons": part.unit.reasons if part.unit is not None else (),
            "stay": part.unit.stay.removeprefix("do not go async here: ") if part.unit is not None else "",
            **self._code(part.path, part.findings, whole),
            "rules": [self._rule(code, Counter(each.rule for each in shapes)[code]) for code in codes],
            "hazards": [(code, [each.place.line for each in group]) for code, group in _by_rule(hazards)],
            "cases": list(dict.fromkeys(case for each in part.findings if (case := self.rules[each.rule].case))),
            "futures": [self._future(part, library, codes) for library in LIBRARIES] if whole else [],
        }

    def rule(self, code: str, findings: Sequence[Finding], *, whole: bool = True) -> Mapping[str, Any]:
        """A rule with every place where it holds."""
        files = [(path, list(group)) for path, group in groupby(findings[:MOST], lambda finding: finding.place.path)]
        return {
            **self._rule(code, len(findings)),
            "files": [{"path": self.short(path), **self._code(path, group, whole)} for path, group in files],
            "more": [f"{self.short(each.place.path)}:{each.place.line}" for each in findings[MOST : MOST + NAMED]],
            "unnamed": max(len(findings) - MOST - NAMED, 0),
            "futures": [
                {
                    "library": library,
                    "becomes": [("", getattr(self.rules[code], library).strip())],
                    "commands": [_command(path, library) for path, _ in files] if len(files) == 1 else [],
                    "rewritten": [*self._rewritten(code, findings, library)],
                    "tried": False,
                }
                for library in LIBRARIES
            ],
        }

    def _rewritten(self, code: str, findings: Sequence[Finding], library: str) -> Iterator[str]:
        """Where a machine does it."""
        for place in (finding.place for finding in findings):
            moved = self.tries.get(place.path, {}).get(library)
            if moved is not None and any((change.line, change.rule) == (place.line, code) for change in moved.changes):
                yield f"{self.short(place.path)}:{place.line}"

    def _code(self, path: str, findings: Sequence[Finding], whole: bool) -> Mapping[str, Any]:
        named = findings[MOST:] if whole else findings
        lines = self.sources.lines(path)
        return {
            "code": excerpt(lines, findings[:MOST], CONTEXT, self.known) if whole else "",
            "named": [(each.place.line, each.rule, described(each)) for each in named[:NAMED]],
        }

    def _rule(self, code: str, number: int) -> Mapping[str, Any]:
        rule = self.rules[code]
        first = code not in self.told
        self.told.add(code)
        return {
            **{name: getattr(rule, name) for name in ("code", "name", "summary", "trap", "guide", "case")},
            "by": rule.by.value,
            "css": rule.by.name.lower(),
            "number": number,
            "first": first,
        }

    def _future(self, part: Part, library: str, codes: Sequence[str]) -> Mapping[str, Any]:
        moved = self.tries.get(part.path, {}).get(library)
        return {
            "library": library,
            "becomes": [(code, getattr(self.rules[code], library).strip()) for code in codes],
            "commands": [_command(part.path, library)],
            "rewritten": [],
            "tried": moved is not None,
            **(self._machine(part, library, moved) if moved is not None else {}),
        }

    def _machine(self, part: Part, library: str, moved: "Moved") -> Mapping[str, Any]:
        """What a machine does to this part, and the diff of the file, once on the page."""
        changes = [change for change in moved.changes if part.has(change.line)]
        where, shown = "", list[str]()
        if changes:
            where = self.differing.setdefault((part.path, library), self.ids[part])
            shown = list(diff(moved)) if where == self.ids[part] else []
        return {
            "changes": changes,
            "refusals": list(refusals(part, moved)),
            "skipped": moved.skipped.text if moved.skipped is not None else "",
            "diff": shown[:DIFF],
            "longer": max(len(shown) - DIFF, 0),
            "elsewhere": where if where != self.ids[part] else "",
        }


def _by_rule(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    ordered = sorted(findings, key=lambda finding: (finding.rule, finding.place))
    return [(code, list(group)) for code, group in groupby(ordered, lambda finding: finding.rule)]


def _command(path: str, library: str) -> str:
    return f"iomodels migrate {shlex.quote(path)} --to {library}"
