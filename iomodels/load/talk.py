"""What is said to each service, and what is owed for it. A reply is compared byte by byte: nothing else counts."""

import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from iomodels.contract.broken import excerpt, first_difference
from iomodels.load.spec import LoadError, Spec

__all__ = ["Lines", "Pair", "Resp", "Talk", "Upper", "Wrong"]

Pair = tuple[bytes, bytes]  # a request, and the reply that it is owed

TURNS = 7  # different requests on one connection: a reply may be stale by up to six turns and is still caught
MOST = 64 * 1024 * 1024  # bytes that all different payloads may take; where that does not suffice, connections share them


class Wrong(LoadError):
    """The server replied what it should not."""

    def __init__(self, owed: bytes, came: bytes, what: str = "a reply") -> None:
        at = first_difference(owed, came)
        super().__init__(f"wrong at byte {at:,} of {what}: owed {excerpt(owed, at)}, came {excerpt(came, at)}")


class Talk(ABC):
    """One service. `pairs` are made beforehand, so that while load runs nothing has to be."""

    def __init__(self, spec: Spec) -> None:
        self._size = spec.size
        self._different = max(TURNS, min(TURNS * spec.sockets, MOST // (2 * spec.size)))
        self._made: dict[int, Pair] = {}

    def pairs(self, number: int) -> Sequence[Pair]:
        """What connection `number` asks, in turn: unlike what its neighbours ask, unlike from turn to turn."""
        return [self._pair((number * TURNS + turn) % self._different) for turn in range(TURNS)]

    def _pair(self, number: int) -> Pair:
        if number not in self._made:
            self._made[number] = self.pair(self._payload(number))
        return self._made[number]

    def _payload(self, number: int) -> bytes:
        """Letters first: they are what an answer must change."""
        tag = f"{chr(ord('a') + number % 26)}{chr(ord('a') + number // 26 % 26)}{number:07d}"
        return tag.encode()[: self._size].ljust(self._size, b"x")

    def learn(self, connect: Callable[[], socket.socket]) -> list[str]:  # noqa: ARG002  (http alone has to)
        """See how this server answers, on connections of its own; what there is to know of it, a line each."""
        return []

    @abstractmethod
    def pair(self, payload: bytes) -> Pair:
        """The request that carries `payload`, and its reply."""

    def read(self, data: bytes, want: bytes, at: int = 0) -> int:
        """Where the reply `want`, which begins at `at`, ends in `data`; 0 while it is not whole. Raises LoadError: wrong."""
        if data.startswith(want, at):
            return at + len(want)
        came = data[at : at + len(want)]
        if not want.startswith(came):
            raise Wrong(want, came)
        return 0


class Upper(Talk):
    """Bytes, and the same in upper case."""

    def pair(self, payload: bytes) -> Pair:
        return payload, payload.upper()


class Lines(Talk):
    """A line, and the same in upper case."""

    def pair(self, payload: bytes) -> Pair:
        return payload + b"\n", payload.upper() + b"\n"


class Resp(Talk):
    """ECHO, which every server of the Redis protocol has."""

    def pair(self, payload: bytes) -> Pair:
        bulk = b"$%d\r\n%s\r\n" % (len(payload), payload)
        return b"*2\r\n$4\r\nECHO\r\n" + bulk, bulk
