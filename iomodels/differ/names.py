"""Names of files that are made up anew each time, as in a Maildir: which file of one run is which of another."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

__all__ = ["Names"]

WORDS = re.compile(r"[^\W_]+|[\W_]")
Shape = tuple[str, re.Pattern[str]]  # how it is told, `new/*.*.host`, and what it matches


class Names:
    """The names that differ between runs of one server, by what they have in common.

    runs: the names of each run, those that were written first in front. Which files are the same is told by that order, among
    those of one folder with one suffix. Where one run has more of them than another it cannot be told; they keep their names.
    """

    def __init__(self, runs: Sequence[Iterable[str]]) -> None:
        rows = [list(run) for run in runs]
        self._always = set(rows[0]).intersection(*rows)
        groups: dict[tuple[str, str], list[list[str]]] = {}
        for place, row in enumerate(rows):
            for name in row:
                if name not in self._always:
                    groups.setdefault(_group(name), [[] for _ in rows])[place].append(name)
        self._shapes: dict[str, re.Pattern[str]] = {}
        for group in groups.values():
            shapes = [_shape(names) for names in zip(*group, strict=True)] if len({*map(len, group)}) == 1 else [None]
            known = [shape for shape in shapes if shape is not None]
            if len(known) == len(shapes):
                self._shapes.update(known)

    @property
    def change(self) -> bool:
        """Whether there are any that are told by what they have in common."""
        return bool(self._shapes)

    def told(self, run: Iterable[str]) -> dict[str, str]:
        """For each name of a run how it is told, the same in each: itself, or `new/*.*.host`, `new/*.*.host [2]`, ..."""
        counts: dict[str, int] = {}
        found = {}
        for name in run:
            shape = None if name in self._always else next((s for s, p in self._shapes.items() if p.fullmatch(name)), None)
            if shape is not None:
                counts[shape] = counts.get(shape, 0) + 1
            found[name] = name if shape is None else shape if counts[shape] == 1 else f"{shape} [{counts[shape]}]"
        return found


def _group(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    return re.sub(r"\w*\d\w*", "*", str(path.parent)), path.suffix


def _shape(names: Sequence[str]) -> Shape | None:
    """What they have in common; None when they have not as many words. A word with a digit in it is taken for one that changes,
    though it were the same by chance, as a time is that is told in seconds."""
    rows = [WORDS.findall(name) for name in names]
    if len({*map(len, rows)}) != 1:
        return None
    alike = [words[0] if len({*words}) == 1 and not re.search(r"\d", words[0]) else None for words in zip(*rows, strict=True)]
    pattern = "".join(r"[^\W_]+" if word is None else re.escape(word) for word in alike)
    return "".join("*" if word is None else word for word in alike), re.compile(pattern)
