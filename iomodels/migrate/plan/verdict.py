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
    """The first sentence. moving: the parts in their order. hours: all that is to be done."""
    if not found.findings:
        return f"Nothing to move: no classic I/O was found in {counted(found.files, 'file')}."
    files = len({finding.place.path for finding in found.findings})
    kinds = Counter(part.kind for part in moving)
    what = f"{counted(len(moving), 'part')} with classic I/O" if moving else counted(len(found.findings), "finding")
    told = [f"{what} in {files:,} of {counted(found.files, 'file')}"]
    told += [f" ({_commonest(kinds)})"] if moving else []
    blocking = sum(rules[finding.rule].group is Group.BLOCKING for finding in found.findings)
    told += [
        f", and {counted(blocking, 'call')} that block async code" if blocking > 1 else ", and 1 call that blocks async code"
    ] * bool(blocking)
    by = Counter(rules[finding.rule].by for finding in found.findings)
    total = len(found.findings)
    share = f"A machine can do {by[By.MACHINE]:,} of the {counted(total, 'finding')} and part of {by[By.BOTH]:,} more; {by[By.HAND]:,} are by hand"
    return f"{''.join(told)}. {share}. People need roughly {days(hours)}."


def lines(moving: Sequence[Part], staying: Sequence[Part], tries: Tries | None) -> Iterator[str]:
    """What comes after it. tries: None where it could not be tried."""
    if tries:
        tried = [part for part in moving if part.path in tries]
        each = {library: sum(moves(part, tries[part.path][library]) for part in tried) for library in LIBRARIES}
        counts = ", ".join(f"{number:,} to {library}" for library, number in each.items())
        yield (
            f"`iomodels migrate` was tried on {counted(len(tries), 'file')}, those with a shape that it rewrites: of the "
            f"{counted(len(tried), 'part')} in them it moves {counts}. The diffs, and why it leaves the others alone, stand with the parts."
        )
    elif tries is not None and moving:
        yield "`iomodels migrate` was not tried: nothing here has a shape that it rewrites."
    elif moving:
        yield "`iomodels migrate` was not tried: it needs libcst (pip install 'iomodels[migrate]'). With it the diffs stand in here."
    if staying:
        yield f"{counted(len(staying), 'part')} {'is' if len(staying) == 1 else 'are'} better left as {'it is' if len(staying) == 1 else 'they are'}."
    if moving:
        yield (
            "Hours are reckoned by a stated rule: how a part waits and how long it is, plus what was found in it, by who can do that; less "
            f"where a machine moves it. A day is {HOURS_A_DAY} hours. They compare parts; they are no promise."
        )


def _commonest(kinds: Mapping[str, int], most: int = 4) -> str:
    ordered = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    told = [f"{kinds[kind]:,} {kind}" for kind in ordered[:most]]
    more = sum(kinds[kind] for kind in ordered[most:])
    return "; ".join([*told, f"{more:,} others"] if more else told)
