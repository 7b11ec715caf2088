"""What differs from one run of the old server to the next: learned, so that it is not taken for a difference."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iomodels.differ.names import Names
from iomodels.differ.observe import Aspect, Observation

__all__ = ["Difference", "Noise"]

LARGEST = 256 * 1024  # bytes in which words are told apart
LONGEST = 64  # bytes of a word that is masked: to mask all that is said would be to compare nothing
WORDS = re.compile(rb"\w+|\W")
CLASSES = (rb"\d+", rb"[0-9a-fA-F]+", rb"\w+")  # what a word that changes is taken for: the narrowest that fits all


@dataclass(frozen=True)
class Difference:
    """What is otherwise in the new server. old, new: masked; None where there is no such thing. raw_old, raw_new: as they
    were."""

    aspect: Aspect
    old: bytes | None
    new: bytes | None
    raw_old: bytes | None
    raw_new: bytes | None


class Noise:
    """How the old server's runs of one conversation agree.

    unstable: what was otherwise each time, in a way that no mask fits: it is not compared, and reported. learned: where words
    change, and all else does not: those words are not compared.
    """

    def __init__(self, runs: Sequence[Observation]) -> None:
        self._names = Names([_files(run) for run in runs])
        self._runs = [self._named(run) for run in runs]
        self.unstable: dict[Aspect, list[bytes | None]] = {}
        self.learned: dict[Aspect, re.Pattern[bytes]] = {}
        for aspect in dict.fromkeys(aspect for run in self._runs for aspect in run.aspects):
            values = list(dict.fromkeys(run.aspects.get(aspect) for run in self._runs))
            if len(values) == 1:
                continue
            pattern = _pattern([value for value in values if value is not None]) if None not in values else None
            if pattern is not None and aspect[0] not in ("end", "server", "exit"):
                self.learned[aspect] = pattern
            else:
                self.unstable[aspect] = values

    @property
    def changes(self) -> bool:
        """Whether one run tells less than two."""
        return bool(self.unstable or self.learned or self._names.change)

    def differences(self, *news: Observation) -> list[Difference]:
        """What the new server does as the old one never did, in each of these runs; as the last of them has it."""
        runs = [self._of(new) for new in news]
        lasting = set.intersection(*({each.aspect for each in found} for found in runs))
        found = [each for each in runs[-1] if each.aspect in lasting]
        # Of a connection that says something else, or ends otherwise, it is no news that it does so at each pause.
        said = {each.aspect[1] for each in found if each.aspect[0] in ("bytes", "end")}
        return [each for each in _first_waits(found) if each.aspect[0] != "waits" or each.aspect[1] not in said]

    def _of(self, new: Observation) -> list[Difference]:
        old, new = self._runs[0], self._named(new)
        return [
            Difference(aspect, old.aspects.get(aspect), new.aspects.get(aspect), old.raw.get(aspect), new.raw.get(aspect))
            for aspect in dict.fromkeys((*old.aspects, *new.aspects))
            if not self._alike(aspect, new.aspects)
        ]

    def _named(self, run: Observation) -> Observation:
        """The same with its files under the names that they have in each run."""
        told = self._names.told(_files(run))
        as_told: dict[Aspect, Aspect] = {("file", name): ("file", told[name]) for name in told}
        aspects, raw = ({as_told.get(each, each): value for each, value in of.items()} for of in (run.aspects, run.raw))
        return replace(run, aspects=aspects, raw=raw)

    def _alike(self, aspect: Aspect, new: Mapping[Aspect, bytes]) -> bool:
        if aspect in self.unstable or self._depends(aspect):
            return True
        value = new.get(aspect)
        pattern = self.learned.get(aspect)
        if pattern is not None:
            return value is not None and pattern.fullmatch(value) is not None
        return value == self._runs[0].aspects.get(aspect)

    def _depends(self, aspect: Aspect) -> bool:
        """Whether it counts bytes of which some change."""
        said = ("bytes", *aspect[1:2])
        return aspect[0] == "waits" and (said in self.unstable or said in self.learned)


def _files(run: Observation) -> list[str]:
    return [aspect[1] for aspect in run.aspects if aspect[0] == "file"]


def _first_waits(found: Sequence[Difference]) -> list[Difference]:
    """Of each connection the first pause at which it differs."""
    kept, seen = [], set()
    for each in found:
        if each.aspect[0] != "waits":
            kept.append(each)
        elif each.aspect[1] not in seen:
            seen.add(each.aspect[1])
            kept.append(each)
    return kept


def _pattern(values: Sequence[bytes]) -> re.Pattern[bytes] | None:
    """What all of them match: the same words but for some. None when they have not as many, or differ in more than words."""
    if any(len(value) > LARGEST for value in values):
        return None
    rows = [WORDS.findall(value) for value in values]
    if len({len(row) for row in rows}) != 1:
        return None
    pieces = []
    for words in zip(*rows, strict=True):
        if len(set(words)) == 1:
            pieces.append(re.escape(words[0]))
            continue
        if max(map(len, words)) > LONGEST:
            return None
        fitting = next((each for each in CLASSES if all(re.fullmatch(each, word) for word in words)), None)
        if fitting is None:
            return None
        pieces.append(fitting)
    return re.compile(b"".join(pieces), re.DOTALL)
