"""What came of a comparison, as text, and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iomodels.differ.contract import Changed
from iomodels.differ.conversations import Conversation
from iomodels.differ.noise import Difference
from iomodels.differ.run import Outcome
from iomodels.differ.words import acts, marks, named, rows, title

__all__ = ["SCHEMA_VERSION", "Report", "as_json", "as_text", "more", "summary", "told"]

SCHEMA_VERSION = 1  # goes up when a field changes its meaning or disappears
COLUMN = 56  # characters of a side
MOST = 40  # lines of one difference


@dataclass(frozen=True)
class Report:
    """old, new: the commands. recordings: by number of an outcome, the files that reproduce it: the shortest, and all of it
    where that shows more. cases: how many of the contract were asked, None when none were to be."""

    old: str
    new: str
    outcomes: Sequence[Outcome]
    recordings: Mapping[int, Sequence[Path]] = field(default_factory=dict)
    changed: Sequence[Changed] = ()
    cases: int | None = None
    seconds: float = 0.0

    @property
    def different(self) -> list[int]:
        """The numbers of the outcomes that differ."""
        return [number for number, outcome in enumerate(self.outcomes) if outcome.differences]

    @property
    def groups(self) -> list[list[int]]:
        """The same; those together that differ in the same, and were shortened to one and the same."""
        found: dict[tuple[object, ...], list[int]] = {}
        for number in self.different:
            outcome = self.outcomes[number]
            key = (*outcome.shortest.steps, *outcome.shown, frozenset(marks(outcome.differences)))
            found.setdefault(key, []).append(number)
        return [*found.values()]

    @property
    def alike(self) -> bool:
        """Whether nothing differs."""
        return not self.different and not self.changed


def as_text(report: Report) -> str:
    """For people."""
    pieces = []
    for number, *others in report.groups:
        outcome = report.outcomes[number]
        pieces.append(f"different: {outcome.conversation.name}{_shrunk(outcome)}\n{told(outcome)}")
        if others:
            names = "; ".join(report.outcomes[each].conversation.name for each in others)
            pieces.append(f"  the same came of {len(others)} more: {names}\n")
        if number in report.recordings:
            files = ", ".join(map(str, report.recordings[number]))
            pieces.append(f"  it is recorded in {files}\n")
        pieces.append("\n")
    for changed in report.changed:
        pieces.append(f"different: contract, {changed.new.case.id}\n  must hold: {changed.new.case.says}\n")
        for name, result in (("old", changed.old), ("new", changed.new)):
            detail = f": {result.detail}".replace("\n", "\n       ") if result.detail else ""
            pieces.append(f"  {name}  {result.verdict.value}{detail}\n")
        pieces.append("\n")
    noise = list(_noise(report))
    if noise:
        pieces.append("not compared, because the old server itself is not the same each time:\n")
        pieces += [f"  {line}\n" for line in noise]
        pieces.append("\n")
    pieces.append(summary(report) + "\n")
    return "".join(pieces)


def told(outcome: Outcome) -> str:
    """One outcome's conversation and differences, as indented text."""
    lines = [f"  {line}" for line in acts(outcome.shortest)]
    for difference in outcome.shown:
        lines += _side_by_side(difference, outcome.shortest)
    if besides := more(outcome):
        lines.append(f"  in all of it, {len(outcome.conversation.steps)} steps, there is more:")
        for difference in besides:
            lines += _side_by_side(difference, outcome.conversation)
    return "\n".join(lines) + "\n"


def more(outcome: Outcome) -> list[Difference]:
    """What differs in the whole conversation, and does not in the shortest."""
    known = marks(outcome.shown)
    return [each for each in outcome.differences if not marks([each]) <= known]


def _side_by_side(difference: Difference, conversation: Conversation) -> list[str]:
    lines = [f"  {title(difference.aspect, conversation)}:"]
    found = rows(difference)
    width = min(COLUMN, max(len("old"), *(len(old) for old, _, _ in found)))
    lines.append(f"    {'old':<{width}}   new")
    for old, mark, new in found[:MOST]:
        lines += [
            f"    {left:<{width}} {mark if place == 0 else ' '} {right}".rstrip()
            for place, (left, right) in enumerate(_wrapped(old, new, width))
        ]
    if len(found) > MOST:
        lines.append(f"    ... and {len(found) - MOST} lines more")
    return lines


def _wrapped(old: str, new: str, width: int) -> Iterator[tuple[str, str]]:
    wide = max(width, COLUMN)
    count = max(1, -(-len(old) // width), -(-len(new) // wide))
    for place in range(count):
        yield old[place * width : (place + 1) * width], new[place * wide : (place + 1) * wide]


def _shrunk(outcome: Outcome) -> str:
    if outcome.shortest == outcome.conversation:
        return ""
    sizes = [
        f"{len(each.connections)} client{'s' * (len(each.connections) != 1)}, {len(each.steps)} steps, {each.size:,} bytes"
        for each in (outcome.shortest, outcome.conversation)
    ]
    return f" ({sizes[0]}; shortened from {sizes[1]}, in {outcome.tries} tries)"


def _noise(report: Report) -> Iterator[str]:
    for outcome in report.outcomes:
        for aspect in outcome.unstable:
            yield f"{outcome.conversation.name}: {title(aspect, outcome.conversation)}"
        if outcome.learned:
            parts = ", ".join(title(aspect, outcome.conversation) for aspect in outcome.learned)
            yield f"{outcome.conversation.name}: single words of {parts}"


def summary(report: Report) -> str:
    """A line: what was asked, and whether it is alike."""
    count = len(report.outcomes)
    words = f"{count} conversation{'s' * (count != 1)}"
    words += f": {len(report.different)} different" if report.different else " alike" if count else ""
    if report.cases is not None:
        words += f"{', ' if count else ''}{report.cases} cases of the contract: "
        words += f"{len(report.changed)} end otherwise" if report.changed else "the same verdicts"
    return words


def as_json(report: Report) -> str:
    """For programs. Bytes are text, each byte the character of its number (latin-1)."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "old": report.old,
        "new": report.new,
        "alike": report.alike,
        "seconds": round(report.seconds, 1),
        "conversations": [_fields(report, number) for number in range(len(report.outcomes))],
        "cases": report.cases,
        "contract": [
            {
                "case": changed.new.case.id,
                "old": changed.old.verdict.value,
                "new": changed.new.verdict.value,
                "old_detail": changed.old.detail,
                "new_detail": changed.new.detail,
            }
            for changed in report.changed
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _fields(report: Report, number: int) -> dict[str, object]:
    outcome = report.outcomes[number]
    return {
        "name": outcome.conversation.name,
        "alike": not outcome.differences,
        "steps": len(outcome.shortest.steps),
        "steps_before": len(outcome.conversation.steps),
        "recordings": [*map(str, report.recordings.get(number, ()))],
        "unstable": [named(aspect) for aspect in outcome.unstable],
        "words_masked": [named(aspect) for aspect in outcome.learned],
        "differences": [_difference(each, outcome.conversation) for each in outcome.differences],
        "shortest": [_difference(each, outcome.shortest) for each in outcome.shown],
    }


def _difference(difference: Difference, conversation: Conversation) -> dict[str, object]:
    return {
        "what": named(difference.aspect),
        "title": title(difference.aspect, conversation),
        "old": _text(difference.raw_old),
        "new": _text(difference.raw_new),
        "old_masked": _text(difference.old),
        "new_masked": _text(difference.new),
    }


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("latin-1")
