"""What was heard beside what was recorded: where they first differ, and how each connection ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from iomodels.replay.heard import End, Heard

__all__ = ["Difference", "differences", "shown"]

BEFORE, BEHIND = 16, 48  # bytes that are shown round the first that differs
PRINTABLE = range(0x20, 0x7F)
ESCAPES = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}


@dataclass(frozen=True)
class Difference:
    """One connection that was heard otherwise.

    what: `bytes`, `end`. recorded, heard: the bytes near the place, which begin at `start`; for an end, how it was. offset:
    the first byte that differs; for an end, how many bytes came before it.
    """

    connection: int
    what: str
    offset: int
    start: int
    recorded: bytes
    heard: bytes
    recorded_end: End
    heard_end: End

    def text(self) -> str:
        """As lines for people."""
        if self.what == "end":
            how = f"{self.heard_end} after {self.offset:,} bytes, where {self.recorded_end} was recorded"
            return f"connection {self.connection}: {how}\n"
        return "".join(
            (
                f"connection {self.connection}: byte {self.offset:,} differs (what is shown begins at byte {self.start:,})\n",
                *_side("recorded", self.recorded, self.recorded_end),
                *_side("heard", self.heard, self.heard_end),
            )
        )


def differences(recorded: Mapping[int, Heard], heard: Mapping[int, Heard]) -> list[Difference]:
    """Every connection that was heard otherwise than it was recorded, in the order of the recording.

    Where the recorded server had not ended the connection, what it said must be the beginning of what was heard; else all of
    it, and the same end.
    """
    found = []
    for number, wanted in recorded.items():
        came = heard[number]
        data = came.data[: len(wanted.data)] if wanted.end is End.OPEN else came.data
        if came.end is End.REFUSED or (wanted.end is not End.OPEN and data == wanted.data and came.end is not wanted.end):
            found.append(_difference("end", len(came.data), wanted, came))
        elif data != wanted.data:
            found.append(_difference("bytes", _first(bytes(wanted.data), bytes(data)), wanted, came))
    return found


def _difference(what: str, offset: int, wanted: Heard, came: Heard) -> Difference:
    start = max(0, offset - BEFORE)
    near = slice(start, offset + BEHIND)
    return Difference(
        wanted.connection, what, offset, start, bytes(wanted.data[near]), bytes(came.data[near]), wanted.end, came.end
    )


def _first(one: bytes, other: bytes) -> int:
    """The first byte that differs; by halves, because there may be many megabytes."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _side(name: str, data: bytes, end: End) -> list[str]:
    text, *more = shown(data) or [f"nothing more: {end}"]
    return [f"  {name:<8}  {text}\n", *(f"            {line}\n" for line in more)]


def shown(data: bytes) -> list[str]:
    """Bytes as text with escapes, a line for each of theirs; in hexadecimal, sixteen a line, where many are not printable."""
    odd = sum(byte not in PRINTABLE and byte not in ESCAPES for byte in data)
    if odd * 4 > len(data):
        return [f"{data[at : at + 16].hex(' '):<47}  {_plain(data[at : at + 16])}" for at in range(0, len(data), 16)]
    return ["".join(map(_escaped, line)) for line in data.splitlines(keepends=True)]


def _escaped(byte: int) -> str:
    return ESCAPES.get(byte) or (chr(byte) if byte in PRINTABLE else f"\\x{byte:02x}")


def _plain(data: bytes) -> str:
    return "".join(chr(byte) if byte in PRINTABLE else "." for byte in data)
