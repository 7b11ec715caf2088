"""The words that several formats share."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from iomodels.migrate.finding import Confidence, Finding, Scan, Skipped, Unit
from iomodels.migrate.rule import By, Rule

__all__ = ["counted", "described", "found", "future", "futures", "kinds", "left_out", "printable", "read", "trap", "unread"]

SENTENCE = re.compile(r"[.:;] (?=[A-Z])")


def counted(number: int, thing: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Text that no terminal takes for a command, and every encoding takes: names and source lines are somebody else's."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def described(finding: Finding) -> str:
    """What was found, and how sure that is, when it is not certain."""
    sure = "" if finding.confidence is Confidence.CERTAIN else f" ({finding.confidence})"
    return printable(finding.text) + sure


def kinds(unit: Unit) -> str:
    """`server, threads`: what it is for, and how it waits."""
    return f"{unit.kind}, {unit.model}"


def futures(rule: Rule) -> list[str]:
    """`trio: what it becomes`, for each library; of much code the first line. Libraries that agree are named together."""
    named: dict[str, list[str]] = {}
    for library in ("asyncio", "trio", "anyio"):
        first, *rest = getattr(rule, library).strip().splitlines()
        named.setdefault(first + (" ..." if rest else ""), []).append(library)
    return [f"{', '.join(libraries)}: {line}" for line, libraries in named.items()]


def future(rule: Rule) -> str:
    """What it becomes, in one line."""
    return " | ".join(futures(rule))


def trap(rule: Rule) -> str:
    """The first sentence of what goes wrong."""
    text = " ".join(rule.trap.split())
    end = SENTENCE.search(text)
    return text[: end.start() + 1] if end else text


def found(scan: Scan, rules: Mapping[str, Rule]) -> str:
    """How much was found, and who can do it."""
    if not scan.findings:
        return f"Found nothing in {counted(scan.files, 'file')}."
    by = Counter(rules[finding.rule].by for finding in scan.findings)
    shares = ", ".join(f"{by[each]:,} {each}" for each in By if by[each])
    files = len({finding.place.path for finding in scan.findings})
    return f"Found {counted(len(scan.findings), 'finding')} in {counted(files, 'file')}: {shares}."


def read(scan: Scan) -> str:
    """How much was read, and how fast."""
    size = f"{counted(scan.files, 'file')}, {counted(scan.lines, 'line')}"
    return f"Read {size} in {scan.seconds:.2f} s; {scan.parsed:,} had to be parsed."


def left_out(scan: Scan) -> Iterator[str]:
    """What was taken out, and what was not read: a sentence each, when there is any."""
    taken = [f"{number:,} by {what}" for what, number in sorted(scan.ignored.items()) if number]
    if taken:
        yield f"Left out: {', '.join(taken)}."
    if scan.skipped:
        reasons = Counter(skipped.reason for skipped in scan.skipped)
        why = ", ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
        yield f"Not read: {counted(len(scan.skipped), 'file')} ({why})."


def unread(skipped: Skipped) -> str:
    """Why a file was not read."""
    return f"{skipped.reason}: {printable(skipped.text)}"
