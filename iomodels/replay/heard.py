"""What clients heard: of a recording, and of a server that it is played against."""

import random
from dataclasses import dataclass, field
from enum import StrEnum

from iomodels.replay.recording import Event, Kind, Recording

__all__ = ["End", "Heard", "cut_again", "expected"]


class End(StrEnum):
    """How the server ended a connection, seen from the client; of FIN and a reset behind it, FIN.

    OPEN: it had not when the client left, or when nothing more was listened to. REFUSED: the client was never connected.
    """

    FIN = "FIN"
    RESET = "RST"
    OPEN = "still open"
    REFUSED = "refused"


@dataclass
class Heard:
    """What a client heard on one connection.

    said, data: what it sent and what the server sent. end: how the server ended it. after: how many bytes the client had sent
    when each piece came, as (bytes heard with it, bytes said by then).
    """

    connection: int
    said: bytearray = field(default_factory=bytearray)
    data: bytearray = field(default_factory=bytearray)
    end: End = End.OPEN
    after: list[tuple[int, int]] = field(default_factory=list)


def expected(recording: Recording) -> dict[int, Heard]:
    """What the recorded clients heard, by connection.

    Where `end` is OPEN the server may have had more to say: the client left, or the recording ended.
    """
    found: dict[int, Heard] = {}
    for event in recording.events:
        heard = found.setdefault(event.connection, Heard(event.connection))
        if event.kind is Kind.ASKED:
            heard.said += event.data
        elif event.kind is Kind.ANSWERED:
            heard.data += event.data
            heard.after.append((len(heard.data), len(heard.said)))
        elif event.kind is Kind.ANSWERED_EOF:
            heard.end = End.FIN
        elif event.kind is Kind.ANSWERED_RESET and heard.end is End.OPEN:
            heard.end = End.RESET
    return found


def cut_again(recording: Recording, cuts: int, seed: int = 0) -> Recording:
    """The same bytes with each piece that a client sent cut at up to so many places more, by a seed: other segments, same
    stream."""
    chance = random.Random(seed)
    events: list[Event] = []
    for event in recording.events:
        if event.kind is not Kind.ASKED or len(event.data) < 2:
            events.append(event)
            continue
        places = sorted(chance.sample(range(1, len(event.data)), min(cuts, len(event.data) - 1)))
        for start, end in zip([0, *places], [*places, len(event.data)], strict=True):
            events.append(Event(event.seconds, event.connection, Kind.ASKED, event.data[start:end]))
    return Recording(events, recording.upstream, recording.redacted)
