"""Which rules: `--select` and `--ignore`."""

import re
from collections.abc import Iterable, Sequence

from iomodels.choose import choose
from iomodels.migrate.rule import Rule

__all__ = ["choose_rules"]

CODE = re.compile(r"IOM\d*", re.IGNORECASE)
DIGITS = 3  # of a whole code


def choose_rules(rules: Sequence[Rule], select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Rule]:
    """Those that `select` means (all, without any) and `ignore` does not, in their order.

    Both: codes (`IOM102`), beginnings of codes (`IOM1`, `IOM`), names (`accept-thread`) and patterns of names (`*-in-async`);
    one string may have several, with commas between. Raises LookupError, in a sentence for the user, when one means nothing or
    nothing is left.
    """
    return choose(rules, lambda rule: f"{rule.code}/{rule.name}", "rule", _patterns(select), _patterns(ignore))


def _patterns(words: Iterable[str]) -> list[str]:
    return [_pattern(word) for each in words for word in map(str.strip, each.split(",")) if word]


def _pattern(word: str) -> str:
    if not CODE.fullmatch(word):
        return word
    return word.upper() if len(word) == len("IOM") + DIGITS else f"{word.upper()}*"
