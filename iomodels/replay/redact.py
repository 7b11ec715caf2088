"""Secrets blotted out of a record, across reads: what is recorded keeps its length, its order and its cuts.

A secret may lie across two reads, so that the events of a recording are held back until enough has come behind them to tell. A
match is found when it is at most WINDOW bytes long, from its first byte to its last, however it was cut; of a longer one the
rest may stay. Patterns are matched in one direction of one connection at a time; `^` may match where a window begins.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from iomodels.replay.recording import Kind, RecordingError

__all__ = ["MOST", "WINDOW", "Noted", "Redactor", "blotted", "patterns"]

WINDOW = 4096  # bytes that must have come behind an event before it is let go, and as many before it are looked at again
MOST = 4 * 1024 * 1024  # bytes that are held back of all connections; beyond it the oldest are let go
OVERHEAD = 256  # what an event costs beside its bytes

Noted = tuple[float, int, Kind, bytes]  # seconds, connection, kind, data
DIRECTIONS = (Kind.ASKED, Kind.ANSWERED)
ENDED = {Kind.ASKED_EOF: DIRECTIONS[:1], Kind.ANSWERED_EOF: DIRECTIONS[1:], Kind.CLOSE: DIRECTIONS}


def patterns(words: Iterable[str]) -> list[re.Pattern[bytes]]:
    """The patterns of what is blotted out; a word outside ASCII stands for its UTF-8. Raises RecordingError for what is
    none."""
    found = []
    for word in words:
        try:
            found.append(re.compile(word.encode()))
        except (re.error, ValueError, OverflowError, RecursionError) as error:
            raise RecordingError(f"{word!r} is no regular expression: {error}") from error
    return found


def blotted(data: bytes, blots: Iterable[re.Pattern[bytes]]) -> bytes:
    """The bytes with every match written over by as many `*`."""
    for blot in blots:
        data = blot.sub(lambda match: b"*" * len(match[0]), data)
    return data


class _Held:
    """An event that waits. settled: its data is what is to be written."""

    __slots__ = ("connection", "data", "kind", "seconds", "settled")

    def __init__(self, seconds: float, connection: int, kind: Kind, data: bytes) -> None:
        self.seconds, self.connection, self.kind, self.data = seconds, connection, kind, data
        self.settled = False


class _Direction:
    """What one side of a connection says. before: the last WINDOW bytes of what was settled. size: bytes of those that are
    held."""

    def __init__(self) -> None:
        self.before = b""
        self.held: deque[_Held] = deque()
        self.size = 0

    def settle(self, keep: int, blots: Sequence[re.Pattern[bytes]]) -> None:
        """Decide all but what lies in the last `keep` bytes."""
        text = self.before + b"".join(event.data for event in self.held)
        clean = blotted(text, blots)
        at = len(self.before)
        while self.held and self.size - len(self.held[0].data) >= keep:
            event = self.held.popleft()
            self.size -= len(event.data)
            event.data = clean[at : at + len(event.data)]
            at += len(event.data)
            event.settled = True
        self.before = text[max(0, at - WINDOW) : at]


class Redactor:
    """Takes events in order and gives them back in the same order, later, with every match of the patterns blotted out."""

    def __init__(self, blots: Sequence[re.Pattern[bytes]]) -> None:
        self._blots = blots
        self._queue: deque[_Held] = deque()
        self._size = 0  # of the queue
        self._directions: dict[tuple[int, Kind], _Direction] = {}

    def add(self, seconds: float, connection: int, kind: Kind, data: bytes) -> Iterator[Noted]:
        """Take an event; those that may be written now."""
        event = _Held(seconds, connection, kind, data)
        self._queue.append(event)
        self._size += len(data) + OVERHEAD
        if kind in DIRECTIONS:
            direction = self._directions.setdefault((connection, kind), _Direction())
            direction.held.append(event)
            direction.size += len(data)
            if direction.size >= 2 * WINDOW:  # not at WINDOW: so that each byte is looked at few times
                direction.settle(WINDOW, self._blots)
        else:
            event.settled = True
            for said in ENDED.get(kind, ()):
                ended = self._directions.pop((connection, said), None)
                if ended is not None:
                    ended.settle(0, self._blots)
        return self._let_go()

    def rest(self) -> Iterator[Noted]:
        """All that is left, when nothing more will come."""
        for direction in self._directions.values():
            direction.settle(0, self._blots)
        return self._let_go()

    def _let_go(self) -> Iterator[Noted]:
        while self._queue and (self._queue[0].settled or self._size > MOST):
            if not self._queue[0].settled:
                self._directions[self._queue[0].connection, self._queue[0].kind].settle(0, self._blots)
            event = self._queue.popleft()
            self._size -= len(event.data) + OVERHEAD
            yield event.seconds, event.connection, event.kind, event.data
