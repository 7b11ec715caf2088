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
printable; `n`: how many bytes follow the line as they are, and a line feed behind them, where there are more than LINE_LIMIT.

How bytes are cut into events is how the recorder read them, and means nothing: TCP has no messages. A connection without
`close` was still open when the recording ended: what is there is the beginning of it. A reader refuses a version that it does
not know, and passes over fields that it does not know. guide/migrate/recording.md is the reference.
"""

import base64
import json
from collections.abc import Sequence
from typing import IO

from iomodels.replay.events import VERSION, Event, Kind, Recording, RecordingError
from iomodels.replay.reading import load, read

__all__ = [
    "LINE_LIMIT",
    "VERSION",
    "Event",
    "Kind",
    "Recording",
    "RecordingError",
    "encoded",
    "header",
    "line_of",
    "load",
    "read",
    "write",
]

LINE_LIMIT = 16 * 1024  # bytes of an event that a recorder writes into its line: base64 costs more than to relay them
PRINTABLE = bytes([*range(0x20, 0x7F), 0x09, 0x0A, 0x0D])


def header(upstream: str, redacted: Sequence[str]) -> str:
    """The first line of a recording, without its end."""
    return json.dumps({"iomodels": "recording", "version": VERSION, "upstream": upstream, "redacted": [*redacted]})


def encoded(seconds: float, connection: int, kind: Kind, data: bytes = b"") -> tuple[bytes, ...]:
    """An event as a recorder writes it, in pieces, so that many bytes are not copied."""
    if len(data) <= LINE_LIMIT:
        return (_line(seconds, connection, kind, data),)
    return b'%s, "n": %d}\n' % (_start(seconds, connection, kind), len(data)), data, b"\n"


def line_of(event: Event) -> str:
    """An event as one line, whatever its size, without the line's end."""
    return _line(event.seconds, event.connection, event.kind, event.data).decode().rstrip("\n")


def _start(seconds: float, connection: int, kind: Kind) -> bytes:
    return b'{"t": %.6f, "c": %d, "e": "%s"' % (seconds, connection, kind.encode())


def _line(seconds: float, connection: int, kind: Kind, data: bytes) -> bytes:
    start = _start(seconds, connection, kind)
    if not data:
        return start + b"}\n"
    if len(data.translate(None, PRINTABLE)) * 4 <= len(data):
        return b'%s, "d": %s}\n' % (start, json.dumps(data.decode("latin-1")).encode())
    return b'%s, "b": "%s"}\n' % (start, base64.b64encode(data))


def write(recording: Recording, file: IO[str]) -> None:
    """Write a whole recording, a line for each event."""
    file.write(header(recording.upstream, recording.redacted) + "\n")
    file.writelines(line_of(event) + "\n" for event in recording.events)
