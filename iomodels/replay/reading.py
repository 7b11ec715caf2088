"""Reading a recording; recording.py says how it is written."""

import base64
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from iomodels.replay.events import VERSION, Event, Kind, Recording, RecordingError

__all__ = ["load", "read"]


def load(path: Path) -> Recording:
    """Read a recording from a file. Raises RecordingError and OSError."""
    with path.open("rb") as file:
        return _read(_Lines(file))


def read(lines: Iterable[str]) -> Recording:
    """Read a recording from lines, with or without their ends. Raises RecordingError.

    Bytes that follow a line are bytes, not lines: a file that a recorder wrote is read by `load`.
    """
    return _read(enumerate(lines, 1))


class _Lines:
    """The lines of a file with their numbers."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._number = file, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> tuple[int, str]:
        text = self._file.readline()
        if not text:
            raise StopIteration
        self._number += 1
        return self._number, text.decode(errors="replace")

    def follow(self, count: int) -> bytes:
        """The bytes that follow the line. Raises ValueError."""
        data = self._file.read(count)
        if len(data) < count or self._file.read(1) != b"\n":
            raise ValueError(f"{count} bytes and a line feed should follow it")
        self._number += data.count(b"\n") + 1
        return data


def _read(numbered: Iterator[tuple[int, str]]) -> Recording:
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
        event = _event(number, _object(number, text), numbered)
        if event.kind is Kind.OPEN:
            if event.connection in known:
                raise RecordingError(f"line {number}: connection {event.connection} is opened a second time")
        elif not known.get(event.connection):
            state = "has been closed" if event.connection in known else "was never opened"
            raise RecordingError(f"line {number}: connection {event.connection} {state}")
        known[event.connection] = event.kind is not Kind.CLOSE
        yield event


def _event(number: int, fields: dict[str, Any], numbered: Iterator[tuple[int, str]]) -> Event:
    try:
        seconds, connection, kind = fields["t"], fields["c"], Kind(fields["e"])
        if type(seconds) not in (int, float) or not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"{seconds!r} is no time")
        if type(connection) is not int or connection < 1:
            raise ValueError(f"{connection!r} is no number of a connection")
        data = _data(fields, numbered)
    except KeyError as error:
        raise RecordingError(f"line {number}: not an event: it has no {error}") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RecordingError(f"line {number}: not an event: {error}") from error
    return Event(float(seconds), connection, kind, data)


def _data(fields: dict[str, Any], numbered: Iterator[tuple[int, str]]) -> bytes:
    if "n" in fields:
        if type(fields["n"]) is not int or fields["n"] < 0 or not isinstance(numbered, _Lines):
            raise ValueError(f"{fields['n']!r} bytes cannot follow it")
        return numbered.follow(fields["n"])
    if "b" in fields:
        return base64.b64decode(fields["b"], validate=True)
    text: str = fields.get("d", "")
    return text.encode("latin-1")


def _object(number: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"line {number}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"line {number}: not an object")
    return found
