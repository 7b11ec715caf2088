"""The replies that one connection is owed, in order."""

from collections import deque

from iomodels.load.spec import LoadError
from iomodels.load.talk import Talk

__all__ = ["Owed", "closed"]

SHOWN = 48  # bytes of what came or is owed, in a complaint


def closed(want: bytes | None) -> LoadError:
    """The complaint about a server that ended a connection, and may have owed something on it."""
    return LoadError(f"the server closed a connection and owed {want[:SHOWN]!r}" if want else "the server closed a connection")


class Owed:
    """What came is compared with it, however it was cut."""

    __slots__ = ("_kept", "_queue", "_talk")

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._queue: deque[tuple[bytes, int]] = deque()
        self._kept = b""  # the beginning of a reply that came in pieces

    def __len__(self) -> int:
        return len(self._queue)

    def expect(self, want: bytes, stamp: int) -> None:
        """A request was sent, for which `want` is owed. `stamp`: when, in nanoseconds."""
        self._queue.append((want, stamp))

    def take(self, data: bytes) -> list[int]:
        """The stamps of the requests that `data` answers; b"" is the end of input. Raises LoadError where it is wrong."""
        if not data:
            raise closed(self._queue[0][0] if self._queue else None)
        if self._kept:
            data = self._kept + data
        queue, read, at = self._queue, self._talk.read, 0
        stamps = []
        while queue:
            end = read(data, queue[0][0], at)
            if not end:
                break
            at = end
            stamps.append(queue.popleft()[1])
        self._kept = data[at:]
        if self._kept and not queue:
            raise LoadError(f"the server sent {self._kept[:SHOWN]!r} after its last reply")
        return stamps
