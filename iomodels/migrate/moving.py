"""One file moved: rewritten where that can be proven, scanned before and after, and nothing left alone in silence."""

import codecs
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.content import worth_parsing
from iomodels.migrate.examine import examine
from iomodels.migrate.finding import Finding, Skipped
from iomodels.migrate.rewrite import REFUSALS, Change, Refusal, Rewritten, Target, rewrite
from iomodels.migrate.rule import Group, rule_called

__all__ = ["Moved", "move"]

# Found in what is moved, and moved with it: what is said of the whole is said of them.
PARTS = frozenset({"IOM104", "IOM105", "IOM106", "IOM107", "IOM108"})
LIMIT = frozenset({"IOM108"})


@dataclass(frozen=True)
class Moved:
    """What became of a file. old, new: its bytes; the same, if nothing was changed. skipped: why it could not be read."""

    path: str
    old: bytes
    new: bytes
    changes: Sequence[Change] = ()
    refusals: Sequence[Refusal] = ()
    skipped: Skipped | None = None

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.old != self.new


def move(path: str, target: Target, *, concurrent: bool = False, unsafe: bool = False) -> Moved:
    """Move a file. concurrent, unsafe: as `rewrite` takes them. Raises OSError when it cannot be read."""
    with open(path, "rb") as file:  # noqa: PTH123 - the walk and the scan give strings
        data = file.read()
    if not worth_parsing(data):
        return Moved(path, data, data)
    before = examine(path, data)
    if before.skipped is not None:
        return Moved(path, data, data, skipped=before.skipped)
    if not before.findings:
        return Moved(path, data, data)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = data.decode(encoding)
    try:
        found = rewrite(text, path, target, concurrent=concurrent, unsafe=unsafe)
    except (cst.ParserSyntaxError, RecursionError) as error:
        line = error.raw_line if isinstance(error, cst.ParserSyntaxError) else 0
        return Moved(path, data, data, skipped=Skipped(path, "broken", "LibCST cannot parse it", line))
    new = data if found.text == text else _encoded(found.text, encoding, data)
    after = before.findings if new == data else examine(path, new).findings
    left = _left(before.findings, after, _lines(text), _lines(found.text), found)
    return Moved(path, data, new, found.changes, tuple(sorted({*found.refusals, *left})))


def _encoded(text: str, encoding: str, old: bytes) -> bytes:
    new = text.encode(encoding)
    return new if not old.startswith(codecs.BOM_UTF8) or new.startswith(codecs.BOM_UTF8) else codecs.BOM_UTF8 + new


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _left(
    before: Sequence[Finding], after: Sequence[Finding], old: Sequence[str], new: Sequence[str], found: Rewritten
) -> Iterator[Refusal]:
    """A refusal for each shape and each blocking call that is still there, and of which nothing was said.

    Lines move when a file is rewritten, so what is left is known again by its rule and the text of its line.
    """
    refusals = found.refusals
    # Where nothing was refused, a part that is still there is of no whole that anything was said of; but the time limit of a
    # listening socket stays where the rest moves.
    parts = PARTS if refusals else LIMIT if found.changes else frozenset[str]()
    still = Counter((finding.rule, new[finding.place.line - 1].strip()) for finding in after)
    refused = {refusal.line for refusal in refusals}
    whole = [refusal.lines for refusal in refusals]
    units = {refusal.unit.partition(".")[0] for refusal in refusals}
    reason = REFUSALS["no-rewrite"]
    for finding in before:
        rule = rule_called(finding.rule)
        key = finding.rule, old[finding.place.line - 1].strip()
        if rule.group is Group.HAZARD or finding.rule in parts or not still[key]:
            continue
        still[key] -= 1
        line = finding.place.line
        said = line in refused or any(first <= line <= last for first, last in whole)
        said = said or bool(finding.unit and finding.unit.partition(".")[0] in units)
        if not said:
            by_hand = f"{reason.by_hand} ({finding.rule}: {rule.asyncio.splitlines()[0]})"
            yield Refusal(finding.place.line, reason.code, finding.unit, finding.text, by_hand, rule.guide)
