"""What a rewrite gives: the new text, what was changed, and what was left alone and why."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Change", "Refusal", "Rewritten", "Target"]


class Target(StrEnum):
    """The libraries that a rewrite can lead to."""

    ASYNCIO = "asyncio"
    TRIO = "trio"
    ANYIO = "anyio"


@dataclass(frozen=True, order=True)
class Change:
    """One thing changed. line: in the old text, from 1. rule: the code of what found it, `IOM102`. text: what it became."""

    line: int
    rule: str
    text: str


@dataclass(frozen=True, order=True)
class Refusal:
    """One unit left alone.

    line: in the old text, from 1: the place of the reason. code: `IOM901`, stable. unit: the function or class it stands in,
    "" for the module. text: the reason; by_hand: what to do; guide: a page of the guide. lines: the first and the last of what
    is left alone for it.
    """

    line: int
    code: str
    unit: str
    text: str
    by_hand: str
    guide: str
    lines: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Rewritten:
    """A file's new text; without changes it is the old one, byte for byte."""

    text: str
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
