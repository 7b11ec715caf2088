"""What was heard of a server, and by when."""

from dataclasses import dataclass, field

from iomodels.replay.heard import End, Heard
from iomodels.replay.recording import Event, Kind

__all__ = ["Mark", "Pace", "Played"]


@dataclass(frozen=True)
class Pace:
    """Seconds. patience: of silence, after which what is expected is given up. hush: of silence, after which nothing is
    expected. moment: for more than was expected."""

    patience: float = 2.0
    hush: float = 0.15
    moment: float = 0.01

    @property
    def between(self) -> float:
        """Of silence behind something that was said, after which it is complete."""
        return max(self.hush / 3, self.moment)


@dataclass(frozen=True)
class Mark:
    """What a client had heard at a pause: how many bytes, and whether the server had ended it. unanswered: it had said
    something, and heard nothing since."""

    count: int
    end: End
    unanswered: bool


@dataclass
class Played:
    """heard: by connection. marks: for each pause, and for the end, what each client had heard by then. ports: the clients'.
    steps: before which steps the pauses were."""

    heard: dict[int, Heard] = field(default_factory=dict)
    marks: list[dict[int, Mark]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    def events(self) -> list[tuple[int, Event]]:
        """What the server said, each with the step that it came before."""
        found: list[tuple[int, Event]] = []
        for connection, heard in self.heard.items():
            count, ended = 0, False
            for step, marks in zip(self.steps, self.marks, strict=True):
                mark = marks.get(connection)
                if mark is None:
                    continue
                if mark.count > count:
                    found.append((step, Event(0.0, connection, Kind.ANSWERED, bytes(heard.data[count : mark.count]))))
                    count = mark.count
                if not ended and mark.end in (End.FIN, End.RESET):
                    ended = True
                    kind = Kind.ANSWERED_EOF if mark.end is End.FIN else Kind.ANSWERED_RESET
                    found.append((step, Event(0.0, connection, kind)))
        return sorted(found, key=lambda pair: pair[0])
