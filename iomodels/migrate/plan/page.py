"""What stands on the page of a plan, and what has to be left out so that it stays small enough to be sent to somebody."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iomodels.contract.case import all_cases
from iomodels.migrate.finding import Finding, Scan
from iomodels.migrate.output.statistics import counts
from iomodels.migrate.output.words import counted, left_out, printable, read, unread
from iomodels.migrate.plan import effort as reckoning
from iomodels.migrate.plan.cards import Cards
from iomodels.migrate.plan.effort import of_findings
from iomodels.migrate.plan.order import Together, ordered
from iomodels.migrate.plan.parts import Part, parts
from iomodels.migrate.plan.template import Room, Templates
from iomodels.migrate.plan.tried import Move, tried
from iomodels.migrate.plan.verdict import lines, verdict
from iomodels.migrate.rule import Group, Rule
from iomodels.migrate.sources import Sources

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["SMALL_ENOUGH", "render"]

SMALL_ENOUGH = 3 * 1024 * 1024  # bytes: mail takes it, and a browser opens it at once
FRAME = 384 * 1024  # of them for what is no card
SHARES = (0.15, 0.25, 0.6)  # of the rest for blocking calls, for hazards, for parts; what one does not need the next may have
ROWS = 400  # of a table
OPEN = 12  # parts that are unfolded; of more none is


def render(found: Scan, rules: Mapping[str, Rule], sources: Sources, move: Move | None, most: int = SMALL_ENOUGH) -> str:
    """The page. move: what `iomodels migrate` does to a file, None where that is absent. most: bytes that the page may have."""
    templates = Templates()
    every = [part for part in parts(found, rules, sources) if part.findings or part.stays]
    moving, staying = [part for part in every if not part.stays], [part for part in every if part.stays]
    tries, untried = None, 0
    if move is not None:
        tries, untried = tried(_easiest_first(found, moving, Cards(rules, sources)), sources, move)
    groups = ordered((part, Cards(rules, sources, tries or {}).effort(part)) for part in moving)
    numbered = [part for group in groups for part in group.parts]
    blocking, hazards = (_by_rule(found.findings, rules, group) for group in (Group.BLOCKING, Group.HAZARD))
    ids = {part: f"part-{number}" for number, part in enumerate(numbered, 1)}
    cards = Cards(rules, sources, tries or {}, ids, frozenset({*blocking, *hazards}), _root(found))
    today = of_findings((each for group in blocking.values() for each in group), rules)
    rooms = _Rooms(most - FRAME)
    told = {
        "root": printable(_root(found)),
        "good": not found.findings,
        "verdict": verdict(found, rules, numbered, sum((group.effort for group in groups), today)),
        "lines": list(lines(numbered, staying, tries, untried)),
        "today": list(_rules(blocking, cards, templates, rooms.next())),
        "today_hours": str(today),
        "before": list(_rules(hazards, cards, templates, rooms.next())),
        "groups": list(_groups(groups, cards, templates, rooms.next(), folded=len(numbered) > OPEN)),
        "staying": [{**cards.row(part), "why": _why(part)} for part in staying[:ROWS]],
        "staying_more": max(len(staying) - ROWS, 0),
        "cases": _cases(found.findings, rules),
        "rules": [(rule, rule.by.name.lower(), number) for rule, number in counts(found, rules)],
        "reckoning": reckoning,
        "skipped": [(f"{each.path}:{each.line}" if each.line else each.path, unread(each)) for each in found.skipped[:ROWS]],
        "skipped_more": max(len(found.skipped) - ROWS, 0),
        "left_out": list(left_out(found)),
        "read": read(found),
    }
    told["shortened"] = _shortened(sum(room.bare for room in rooms.all), sum(room.dropped for room in rooms.all))
    return templates.page(told)


class _Rooms:
    """The room of each of three parts of the page; what one leaves the next has as well."""

    def __init__(self, size: int) -> None:
        self.sizes = [int(size * share) for share in SHARES]
        self.all: list[Room] = []

    def next(self) -> Room:
        more = self.all[-1].left if self.all else 0
        self.all.append(Room(self.sizes[len(self.all)] + more))
        return self.all[-1]


def _rules(findings: Mapping[str, Sequence[Finding]], cards: Cards, templates: Templates, room: Room) -> "Iterator[Markup]":
    """A card for each rule."""
    for code, group in findings.items():
        yield room.take(
            (
                lambda: templates.card("rule", cards.rule(code, group)),  # noqa: B023 - called before the next round
                lambda: templates.card("rule", cards.rule(code, group, whole=False)),  # noqa: B023
            )
        )


def _groups(
    groups: Sequence[Together], cards: Cards, templates: Templates, room: Room, *, folded: bool
) -> Iterator[Mapping[str, Any]]:
    """The parts of each kind, a card for each."""
    from markupsafe import Markup

    for group in groups:
        made = [_part(part, cards, templates, room, folded) for part in group.parts]
        yield {
            "kind": group.kind,
            "hours": str(group.effort),
            "parts": len(group.parts),
            "findings": sum(len(part.findings) for part in group.parts),
            "cards": made,
            "missing": made.count(Markup("")),
        }


def _part(part: Part, cards: Cards, templates: Templates, room: Room, folded: bool) -> "Markup":
    def form(whole: bool) -> "Markup":
        return templates.card("part", {**cards.part(part, whole=whole), "folded": folded})

    return room.take((lambda: form(True), lambda: form(False)))


def _easiest_first(found: Scan, moving: Sequence[Part], cards: Cards) -> Iterator[Finding]:
    """What might be moved, by how easily; what blocks async code before all."""
    yield from (finding for finding in found.findings if cards.rules[finding.rule].group is Group.BLOCKING)
    for part in sorted(moving, key=lambda part: cards.effort(part).middle):
        yield from part.findings


def _by_rule(findings: Sequence[Finding], rules: Mapping[str, Rule], group: Group) -> dict[str, list[Finding]]:
    """The findings of a group's rules, those most often found first."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if rules[finding.rule].group is group:
            found[finding.rule].append(finding)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _cases(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> list[tuple[str, str, list[str]]]:
    """The cases of the contract that would show the traps: each with what it says, and for which rules."""
    asked: dict[str, list[str]] = defaultdict(list)
    for code in sorted({finding.rule for finding in findings}):
        if rules[code].case:
            asked[rules[code].case].append(code)
    return [(case.id, case.says, asked[case.id]) for case in all_cases() if case.id in asked]


def _shortened(bare: int, dropped: int) -> str:
    """What was done so that the page stays small; "" for nothing."""
    done = [f"{counted(bare, 'card')} without code and diff"] * bool(bare) + [f"{counted(dropped, 'card')} left out"] * bool(
        dropped
    )
    return (
        f"To keep this file under {SMALL_ENOUGH >> 20} MiB: {', '.join(done)}. `iomodels scan` lists every finding."
        if done
        else ""
    )


def _why(part: Part) -> str:
    if part.unit is None:
        return ""
    return part.unit.stay.removeprefix("do not go async here: ") or "; ".join(part.unit.reasons)


def _root(found: Scan) -> str:
    """What all that was found has in common of its path."""
    paths = {finding.place.path for finding in found.findings} | {unit.place.path for unit in found.units}
    try:
        return os.path.commonpath(paths) if paths else ""
    except ValueError:  # some are absolute, some are not
        return ""
