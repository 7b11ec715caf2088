"""What `iomodels migrate` would do, tried on the files of a plan: the diff, or why it leaves them alone."""

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from iomodels.migrate.finding import Finding
from iomodels.migrate.forked import Forked, can_fork
from iomodels.migrate.plan.parts import Part
from iomodels.migrate.sources import Sources

if TYPE_CHECKING:
    from iomodels.migrate.moving import Moved
    from iomodels.migrate.rewrite import Refusal, Target

__all__ = ["LIBRARIES", "Move", "Tries", "diff", "moves", "refusals", "tried"]

Move = Callable[[str, "Target"], "Moved"]
Tries = Mapping[str, Mapping[str, "Moved"]]  # by path, then by library

LIBRARIES = ("asyncio", "trio", "anyio")
ENOUGH = 200_000  # characters that are tried: a quarter of a minute for three libraries
ALONE = 4  # files that are sooner tried here than by other processes


def tried(findings: Iterable[Finding], sources: Sources, move: Move) -> tuple[Tries, int]:
    """The file of each finding moved to each library, in the order given, until there are `ENOUGH`; and how many were too many.

    Files in which nothing has a shape that is rewritten are not tried: that takes seconds for a long file, for nothing. A file
    that is gone by now is left out.
    """
    from iomodels.migrate.rewrite.shape import all_shapes

    shapes = {shape.rule for shape in all_shapes()}
    chosen, size, left = list[str](), 0, 0
    for path in dict.fromkeys(finding.place.path for finding in findings if finding.rule in shapes):
        more = sum(len(line) + 1 for line in sources.lines(path))
        if size + more > ENOUGH:
            left += 1
            continue
        chosen.append(path)
        size += more
    if len(chosen) < ALONE or not can_fork():
        answers = [_try(path, move) for path in chosen]
    else:
        with Forked[str, "dict[str, Moved]"](os.cpu_count() or 1, lambda path: _try(path, move)) as processes:
            answers = [answer for _, answer in sorted(processes.answers(chosen), key=itemgetter(0))]
    return {path: answer for path, answer in zip(chosen, answers, strict=True) if answer}, left


def _try(path: str, move: Move) -> "dict[str, Moved]":
    from iomodels.migrate.rewrite import Target

    try:
        return {library: move(path, Target(library)) for library in LIBRARIES}
    except OSError:
        return {}


def moves(part: Part, moved: "Moved") -> bool:
    """Whether this part changes, and nothing of it is left alone."""
    return any(part.has(change.line) for change in moved.changes) and not any(refusals(part, moved))


def refusals(part: Part, moved: "Moved") -> "Iterator[Refusal]":
    """Why something of this part is left alone."""
    return (refusal for refusal in moved.refusals if part.has(refusal.line))


def diff(moved: "Moved") -> Sequence[str]:
    """The lines of a unified diff of the file, without its two headings."""
    old, new = (content.decode(errors="replace").splitlines() for content in (moved.old, moved.new))
    name = Path(moved.path).name
    return [line.rstrip("\n") for line in difflib.unified_diff(old, new, name, name, lineterm="")][2:]
