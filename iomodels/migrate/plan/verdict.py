"""A plan in a few sentences: what there is, how much of it a machine moves, how long the rest takes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from iomodels.migrate.finding import Scan
from iomodels.migrate.output.words import counted
from iomodels.migrate.plan.effort import HOURS_A_DAY, Effort, days
from iomodels.migrate.plan.parts import Part
from iomodels.migrate.plan.tried import LIBRARIES, Tries, moves
from iomodels.migrate.rule import By, Group, Rule

__all__ = ["lines", "verdict"]


def verdict(found: Scan, rules: Mapping[str, Rule], moving: Sequence[Part], hours: Effort) -> str:
    """The first sentences. moving: the parts in their order. hours: all that is to be done."""
    total = len(found.findings)
    if not total:
        return f"Nothing to move: no classic I/O was found in {counted(found.files, 'file')}."
    by = Counter(rules[finding.rule].by for finding in found.findings)
    said = [
        f"{_what(found, rules, moving)}.",
        f"A machine can do {by[By.MACHINE]:,} of the {counted(total, 'finding')}, and part of {by[By.BOTH]:,} more;",
        f"{by[By.HAND]:,} are by hand.",
        f"People need roughly {days(hours)}.",
    ]
    return " ".join(said)


def lines(moving: Sequence[Part], staying: Sequence[Part], tries: Tries | None, untried: int) -> Iterator[str]:
    """What comes after it. tries: None where it could not be tried. untried: files for which that would have taken too long."""
    if tries:
        tried = [part for part in moving if part.path in tries]
        each = {library: sum(moves(part, tries[part.path][library]) for part in tried) for library in LIBRARIES}
        counts = ", ".join(f"{number:,} to {library}" for library, number in each.items())
        yield f"`iomodels migrate` was tried on {counted(len(tries), 'file')} with a shape that it rewrites{_but(untried)}."
        if tried:
            yield f"Of {counted(len(tried), 'part')} in there it moves {counts}; diffs and reasons stand with the parts."
    elif tries is not None and moving:
        yield "`iomodels migrate` was not tried: nothing here has a shape that it rewrites."
    elif moving:
        yield "`iomodels migrate` was not tried, for want of libcst: `pip install 'iomodels[migrate]'`, and diffs stand here."
    if staying:
        are = "part is better left as it is" if len(staying) == 1 else "parts are better left as they are"
        yield f"{len(staying):,} {are}."
    if moving:
        rule = "how a part waits, how long it is, what was found in it and who can do that; less where a machine moves it"
        yield f"Hours follow a rule, stated under Numbers: {rule}. A day is {HOURS_A_DAY} hours. They compare, no more."


def _but(untried: int) -> str:
    return f"; {counted(untried, 'more file')} with one would have taken too long" if untried else ""


def _what(found: Scan, rules: Mapping[str, Rule], moving: Sequence[Part], most: int = 5) -> str:
    """How many parts there are, in how many files, and how they wait."""
    files = len({finding.place.path for finding in found.findings})
    told = [
        f"{counted(len(moving), 'part')} with classic I/O" if moving else "Findings",
        f" in {files:,} of {counted(found.files, 'file')}",
    ]
    models = Counter(part.unit.model.value if part.unit is not None else "other calls" for part in moving)
    if models:
        common = [f"{name} {number:,}" for name, number in models.most_common(most)]
        more = models.total() - sum(number for _, number in models.most_common(most))
        told.append(f" ({', '.join([*common, f'others {more:,}'] if more else common)})")
    blocking = sum(rules[finding.rule].group is Group.BLOCKING for finding in found.findings)
    if blocking:
        told.append(f", and {counted(blocking, 'call')} that {'blocks' if blocking == 1 else 'block'} async code")
    return "".join(told)
