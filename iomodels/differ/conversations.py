"""A conversation: what clients do, in order, and where they wait for the server. Read from a recording, and written as one.

A recording says what a client had heard before each thing that it did; where it had heard something, the conversation waits.
What a recording cannot say stands in its first line, under `differ`, which other readers pass over: `pauses` (the client's
acts before which it waits, counted from 0), `slow` (connections that read late), `gap` (cut pieces are read one by one),
`stops` (the server is sent SIGTERM at the end), `name`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iomodels.replay.reading import load as read_file
from iomodels.replay.recording import Event, Kind, Recording, header, line_of

__all__ = ["ACTS", "Conversation", "Script", "Step", "from_recording", "load", "text_of"]

ACTS = (Kind.OPEN, Kind.ASKED, Kind.ASKED_EOF, Kind.ASKED_RESET, Kind.CLOSE)


@dataclass(frozen=True)
class Step:
    """What one client does. waits: before it all wait until the server has said what it has to say."""

    connection: int
    kind: Kind
    data: bytes = b""
    waits: bool = False


@dataclass(frozen=True)
class Conversation:
    """name: for people. slow: connections whose client does not read before the end, or before the server takes no more.
    gap: pieces said in a row are read by the server one by one. stops: at the end, before the slow ones read, the server is
    sent SIGTERM."""

    name: str
    steps: Sequence[Step]
    slow: frozenset[int] = frozenset()
    gap: bool = False
    stops: bool = False

    @property
    def connections(self) -> list[int]:
        """Their numbers, as they are opened."""
        return list(dict.fromkeys(step.connection for step in self.steps))

    @property
    def size(self) -> int:
        """How many bytes clients say."""
        return sum(len(step.data) for step in self.steps)

    def said(self, connection: int) -> list[bytes]:
        """What one client says, split where it waits."""
        pieces = [b""]
        for step in self.steps:
            if step.waits and pieces[-1]:
                pieces.append(b"")
            if step.connection == connection:
                pieces[-1] += step.data
        return [piece for piece in pieces if piece]

    def with_steps(self, steps: Sequence[Step]) -> "Conversation":
        """The same with other steps."""
        return replace(self, steps=tuple(steps))


class Script:
    """Writes a conversation down, step by step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._waits = False

    def pause(self) -> "Script":
        """The next step waits."""
        self._waits = True
        return self

    def do(self, connection: int, *acts: Kind | bytes) -> "Script":
        """What one client does: bytes are said."""
        for act in acts:
            data = act if isinstance(act, bytes) else b""
            self.steps.append(Step(connection, Kind.ASKED if isinstance(act, bytes) else act, data, self._waits))
            self._waits = False
        return self

    def named(self, name: str, *, slow: Sequence[int] = (), gap: bool = False, stops: bool = False) -> Conversation:
        """All of it."""
        return Conversation(name, tuple(self.steps), frozenset(slow), gap, stops)


def from_recording(name: str, recording: Recording, more: Mapping[str, object] | None = None) -> Conversation:
    """The clients' side of a recording. more: what its first line says under `differ`. Raises ValueError."""
    steps: list[Step] = []
    gone: set[int] = set()
    waits = False
    for event in recording.events:
        if event.kind not in ACTS:
            waits = True
        elif event.connection not in gone:
            ends = event.kind is Kind.CLOSE  # when both have ended, so that a client is there to hear how the server does
            steps.append(Step(event.connection, event.kind, event.data, waits or ends))
            waits = False
            if event.kind is Kind.ASKED_RESET:
                gone.add(event.connection)
    if more is None:
        return Conversation(name, tuple(steps))
    try:
        pauses = {int(number) for number in _numbers(more.get("pauses"))}
        slow = frozenset(_numbers(more.get("slow")))
        steps = [replace(step, waits=number in pauses) for number, step in enumerate(steps)]
    except (TypeError, ValueError) as error:
        raise ValueError("line 1: what it says under 'differ' makes no sense") from error
    return Conversation(str(more.get("name", name)), tuple(steps), slow, more.get("gap") is True, more.get("stops") is True)


def _numbers(value: object) -> list[int]:
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise ValueError(value)
    return value


def load(path: Path) -> Conversation:
    """A conversation from a recording's file. Raises RecordingError (a ValueError), ValueError and OSError."""
    recording = read_file(path)
    if not recording.events:
        raise ValueError("it has no connection in it")
    with path.open("rb") as file:
        more = json.loads(file.readline()).get("differ")
    return from_recording(path.name, recording, more if isinstance(more, dict) else None)


def text_of(conversation: Conversation, heard: Sequence[tuple[int, Event]], upstream: str) -> str:
    """A conversation as a recording. heard: what a server said, each with the number of the step that it came before."""
    said: dict[int, list[Event]] = {}
    for number, event in heard:
        said.setdefault(number, []).append(event)
    first = json.loads(header(upstream, ()))
    first["differ"] = {
        "name": conversation.name,
        "pauses": [number for number, step in enumerate(conversation.steps) if step.waits],
        "slow": sorted(conversation.slow),
        "gap": conversation.gap,
        "stops": conversation.stops,
    }
    lines = [json.dumps(first)]
    closed: set[int] = set()
    for number, step in enumerate(conversation.steps):
        lines += [line_of(event) for event in said.get(number, ()) if event.connection not in closed]
        lines.append(line_of(Event(0.0, step.connection, step.kind, step.data)))
        if step.kind is Kind.CLOSE:
            closed.add(step.connection)
    lines += [line_of(event) for event in said.get(len(conversation.steps), ()) if event.connection not in closed]
    return "\n".join(lines) + "\n"
