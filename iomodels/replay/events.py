"""What a recording is made of; recording.py says how it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["VERSION", "Event", "Kind", "Recording", "RecordingError"]

VERSION = 1


class RecordingError(ValueError):
    """A file that is no recording; the text is one line, with the number of the line that is wrong."""


class Kind(StrEnum):
    """What an event is."""

    OPEN = "open"
    ASKED = ">"
    ANSWERED = "<"
    ASKED_EOF = ">eof"
    ANSWERED_EOF = "<eof"
    ASKED_RESET = ">reset"
    ANSWERED_RESET = "<reset"
    CLOSE = "close"


@dataclass(frozen=True)
class Event:
    """seconds: since the first event. connection: its number, from 1. data: the bytes of `>` and `<`."""

    seconds: float
    connection: int
    kind: Kind
    data: bytes = b""


@dataclass(frozen=True)
class Recording:
    """Conversations. upstream: the server that was recorded, as HOST:PORT. redacted: the patterns whose matches were blotted
    out."""

    events: Sequence[Event]
    upstream: str = ""
    redacted: Sequence[str] = ()

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections, in the order in which they were opened."""
        return list(dict.fromkeys(event.connection for event in self.events))
