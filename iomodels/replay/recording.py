"""The recording format: what was said on which connection, in the order in which it was seen. One event is one line of JSON.

    {"iomodels": "recording", "version": 1, "upstream": "127.0.0.1:8080", "redacted": ["password=\\S+"]}
    {"t": 0.0, "c": 1, "e": "open"}
    {"t": 0.000213, "c": 1, "e": ">", "d": "HELO there\\r\\n"}
    {"t": 0.000401, "c": 1, "e": "<", "d": "250 well\\r\\n"}
    {"t": 0.000512, "c": 1, "e": ">eof"}
    {"t": 0.000603, "c": 1, "e": "<eof"}
    {"t": 0.000640, "c": 1, "e": "close"}

`t`: seconds since the first event. `c`: the number of the connection, from 1. `e`: `open`; `>` bytes from the client, `<` from the
server; `>eof`, `<eof` that side's end of input (half-close); `>reset`, `<reset` that side's reset; `close` when both have ended. `d`:
the bytes as text, each byte the character of its number (latin-1); `b`: the bytes in base64, where most of them are not printable.
How bytes are cut into events is how the recorder read them, and means nothing: TCP has no messages.

A reader refuses a version that it does not know, and passes over fields that it does not know.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

__all__ = ["VERSION", "Event", "Kind", "Recording", "RecordingError", "line_of", "read", "write"]

VERSION = 1
PRINTABLE = bytes([*range(0x20, 0x7F), 0x09, 0x0A, 0x0D])


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
    """Conversations. upstream: the server that was recorded, as HOST:PORT. redacted: the patterns whose matches were blotted out."""

    events: Sequence[Event]
    upstream: str = ""
    redacted: Sequence[str] = field(default=())

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections, in the order in which they were opened."""
        return list(dict.fromkeys(event.connection for event in self.events))


def header(upstream: str, redacted: Sequence[str]) -> str:
    """The first line of a recording."""
    return json.dumps({"iomodels": "recording", "version": VERSION, "upstream": upstream, "redacted": [*redacted]})


def line_of(event: Event) -> str:
    """An event as a line, without its end."""
    fields: dict[str, Any] = {"t": round(event.seconds, 6), "c": event.connection, "e": str(event.kind)}
    if event.data:
        odd = len(event.data.translate(None, PRINTABLE))
        if odd * 4 > len(event.data):
            fields["b"] = base64.b64encode(event.data).decode()
        else:
            fields["d"] = event.data.decode("latin-1")
    return json.dumps(fields)


def write(recording: Recording, file: IO[str]) -> None:
    """Write a whole recording."""
    file.write(header(recording.upstream, recording.redacted) + "\n")
    file.writelines(line_of(event) + "\n" for event in recording.events)


def read(lines: Iterable[str]) -> Recording:
    """Read a recording. Raises RecordingError."""
    numbered = enumerate(lines, 1)
    first = _object(*next(numbered, (1, "")))
    if first.get("iomodels") != "recording":
        raise RecordingError("line 1: this is no recording of iomodels")
    if first.get("version") != VERSION:
        raise RecordingError(f"line 1: version {first.get('version')!r} of the format; this reads version {VERSION}")
    events = list(_events(numbered))
    redacted = first.get("redacted")
    return Recording(events, str(first.get("upstream", "")), tuple(map(str, redacted)) if isinstance(redacted, list) else ())


def _events(numbered: Iterator[tuple[int, str]]) -> Iterator[Event]:
    opened: set[int] = set()
    for number, line in numbered:
        if not line.strip():
            continue
        fields = _object(number, line)
        event = _event(number, fields)
        if event.kind is Kind.OPEN:
            opened.add(event.connection)
        elif event.connection not in opened:
            raise RecordingError(f"line {number}: connection {event.connection} was never opened")
        yield event


def _event(number: int, fields: dict[str, Any]) -> Event:
    try:
        kind = Kind(fields["e"])
        data = base64.b64decode(fields["b"], validate=True) if "b" in fields else fields.get("d", "").encode("latin-1")
        return Event(float(fields["t"]), int(fields["c"]), kind, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"line {number}: not an event: {error}") from error


def _object(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise RecordingError(f"line {number}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"line {number}: not an object")
    return found


def patterns(words: Iterable[str]) -> list[re.Pattern[bytes]]:
    """Patterns of what is blotted out. Raises RecordingError for one that is no regular expression."""
    found = []
    for word in words:
        try:
            found.append(re.compile(word.encode()))
        except re.error as error:
            raise RecordingError(f"{word!r} is no regular expression: {error}") from error
    return found


def blotted(data: bytes, blots: Iterable[re.Pattern[bytes]]) -> bytes:
    """The bytes with every match written over by as many `*`: what is recorded keeps its length."""
    for blot in blots:
        data = blot.sub(lambda match: b"*" * len(match[0]), data)
    return data
