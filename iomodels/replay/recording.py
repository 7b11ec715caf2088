"""The recording format: what was said on which connection, in the order in which it was seen. One event is one line of JSON.

    {"iomodels": "recording", "version": 1, "upstream": "127.0.0.1:8080", "redacted": ["password=\\S+"]}
    {"t": 0.000000, "c": 1, "e": "open"}
    {"t": 0.000213, "c": 1, "e": ">", "d": "HELO there\\r\\n"}
    {"t": 0.000401, "c": 1, "e": "<", "d": "250 well\\r\\n"}
    {"t": 0.000512, "c": 1, "e": ">eof"}
    {"t": 0.000603, "c": 1, "e": "<eof"}
    {"t": 0.000640, "c": 1, "e": "close"}

`t`: seconds since the first event. `c`: the number of the connection, from 1. `e`: `open`; `>` bytes from the client, `<` from
the server; `>eof`, `<eof` that side's end of input (half-close); `>reset`, `<reset` that side's reset; `close` when both have
ended. `d`: the bytes as text, each byte the character of its number (latin-1); `b`: the bytes in base64, where many are not
printable or there are more than TEXT_LIMIT of them. How bytes are cut into events is how the recorder read them, and means
nothing: TCP has no messages. A connection without `close` was still open when the recording ended: what is there is the
beginning of it.

A reader refuses a version that it does not know, and passes over fields that it does not know. guide/migrate/recording.md is
the reference.
"""

import base64
import json
import math
from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

__all__ = ["VERSION", "Event", "Kind", "Recording", "RecordingError", "header", "line", "line_of", "load", "read", "write"]

VERSION = 1
TEXT_LIMIT = 16 * 1024  # bytes of an event that is written as text: base64 is faster, and nobody reads more at a sight
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
    """Conversations. upstream: the server that was recorded, as HOST:PORT. redacted: the patterns whose matches were blotted
    out."""

    events: Sequence[Event]
    upstream: str = ""
    redacted: Sequence[str] = ()

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections, in the order in which they were opened."""
        return list(dict.fromkeys(event.connection for event in self.events))


def header(upstream: str, redacted: Sequence[str]) -> bytes:
    """The first line of a recording, with its end."""
    return (
        json.dumps({"iomodels": "recording", "version": VERSION, "upstream": upstream, "redacted": [*redacted]}).encode()
        + b"\n"
    )


def line(seconds: float, connection: int, kind: Kind, data: bytes = b"") -> bytes:
    """An event as a line of ASCII, with its end."""
    start = b'{"t": %.6f, "c": %d, "e": "%s"' % (seconds, connection, kind.encode())
    if not data:
        return start + b"}\n"
    if len(data) <= TEXT_LIMIT and len(data.translate(None, PRINTABLE)) * 4 <= len(data):
        return b'%s, "d": %s}\n' % (start, json.dumps(data.decode("latin-1")).encode())
    return b"".join((start, b', "b": "', b2a_base64(data, newline=False), b'"}\n'))


def line_of(event: Event) -> str:
    """An event as a line, without its end."""
    return line(event.seconds, event.connection, event.kind, event.data).decode().rstrip("\n")


def write(recording: Recording, file: IO[str]) -> None:
    """Write a whole recording."""
    file.write(header(recording.upstream, recording.redacted).decode())
    file.writelines(line_of(event) + "\n" for event in recording.events)


def load(path: Path) -> Recording:
    """Read a recording from a file. Raises RecordingError and OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return read(file)


def read(lines: Iterable[str]) -> Recording:
    """Read a recording from its lines, with or without their ends. Raises RecordingError."""
    numbered = enumerate(lines, 1)
    try:
        first = _object(*next(numbered, (1, "")))
    except RecordingError:
        first = {}
    if first.get("iomodels") != "recording":
        raise RecordingError("line 1: this is no recording of iomodels")
    if first.get("version") != VERSION:
        raise RecordingError(f"line 1: version {first.get('version')!r} of the format; this reads version {VERSION}")
    redacted = first.get("redacted")
    events = list(_events(numbered))
    return Recording(events, str(first.get("upstream", "")), tuple(map(str, redacted)) if isinstance(redacted, list) else ())


def _events(numbered: Iterator[tuple[int, str]]) -> Iterator[Event]:
    known: dict[int, bool] = {}  # whether it is open
    for number, text in numbered:
        if not text.strip():
            continue
        event = _event(number, _object(number, text))
        if event.kind is Kind.OPEN:
            if event.connection in known:
                raise RecordingError(f"line {number}: connection {event.connection} is opened a second time")
        elif not known.get(event.connection):
            state = "has been closed" if event.connection in known else "was never opened"
            raise RecordingError(f"line {number}: connection {event.connection} {state}")
        known[event.connection] = event.kind is not Kind.CLOSE
        yield event


def _event(number: int, fields: dict[str, Any]) -> Event:
    try:
        seconds, connection, kind = fields["t"], fields["c"], Kind(fields["e"])
        if type(seconds) not in (int, float) or not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"{seconds!r} is no time")
        if type(connection) is not int or connection < 1:
            raise ValueError(f"{connection!r} is no number of a connection")
        data = base64.b64decode(fields["b"], validate=True) if "b" in fields else fields.get("d", "").encode("latin-1")
    except KeyError as error:
        raise RecordingError(f"line {number}: not an event: it has no {error}") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RecordingError(f"line {number}: not an event: {error}") from error
    return Event(float(seconds), connection, kind, data)


def _object(number: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"line {number}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"line {number}: not an object")
    return found
