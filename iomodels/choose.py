"""Choosing things by name: shell patterns, parts of a name, and the nearest known name when there is none."""

import difflib
import fnmatch
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

__all__ = ["choose", "matches", "nearest"]

T = TypeVar("T")


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` when a known word is near, otherwise nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def matches(name: str, pattern: str) -> bool:
    """Whether a shell pattern means `group/name`, as a whole (`half-close/*`) or in one of its parts (`half-close`)."""
    return any(fnmatch.fnmatchcase(part, pattern) for part in (name, *name.split("/")))


def choose(
    things: Sequence[T], name: Callable[[T], str], kind: str, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[T]:
    """Those that a pattern of `only` means (all, without one) and none of `skip`, in their order.

    Raises LookupError, in a sentence for the user, when a pattern means nothing or nothing is left.
    """
    names = [name(thing) for thing in things]
    for pattern in (*only, *skip):
        if not any(matches(each, pattern) for each in names):
            parts = {part for each in names for part in (each, *each.split("/"))}
            raise LookupError(f"no {kind} is called {pattern!r}{nearest(pattern, sorted(parts))}")
    chosen = [
        thing
        for thing, each in zip(things, names, strict=True)
        if (not only or any(matches(each, pattern) for pattern in only)) and not any(matches(each, pattern) for pattern in skip)
    ]
    if not chosen:
        raise LookupError(f"no {kind} is left")
    return chosen
