"""Connections that a pool lends on asyncio, trio and anyio: what is asked of one, and those that lie idle."""

import time
from abc import abstractmethod
from typing import Any, Generic, TypeVar

from models.ground.dial import Pooled, S

__all__ = ["Connection", "Idle"]


class Connection(Pooled[S]):
    """A line out, a line back, awaited. Whoever asks brings the timeout; after a cancellation it is not `whole`."""

    async def ask(self, line: bytes) -> bytes:
        """Send a line, return the one that comes back."""
        self.whole = False
        await self._send(line)
        reply = bytearray()
        while b"\n" not in reply:
            data = await self._receive()
            if not data:
                raise ConnectionResetError("it ended before its reply did")
            reply += data
        self.whole = reply.index(b"\n") == len(reply) - 1
        return bytes(reply)

    @abstractmethod
    async def _send(self, data: bytes) -> None: ...

    @abstractmethod
    async def _receive(self) -> bytes: ...


C = TypeVar("C", bound=Pooled[Any])


class Idle(Generic[C]):
    """The connections of a pool that nobody has borrowed. All is done in a moment: nobody else runs in between."""

    def __init__(self, longest: float) -> None:
        """longest: the seconds after which an unused one is closed."""
        self._longest = longest
        self._connections: list[tuple[C, float]] = []  # with the time of the last use
        self._closed = False

    def take(self) -> C | None:
        """The freshest that is fit to be used."""
        self._sweep()
        return self._connections.pop()[0] if self._connections else None

    def put(self, connection: C) -> None:
        """Keep one that comes back, if it may be lent again."""
        self._connections.append((connection, time.monotonic()))
        self._sweep()

    def close(self) -> None:
        """Close them all, and each that comes back."""
        self._closed = True
        self._sweep()

    def _sweep(self) -> None:
        connections, self._connections = self._connections, []
        for connection, used in connections:
            old = time.monotonic() - used > self._longest
            if connection.whole and connection.is_quiet() and not old and not self._closed:
                self._connections.append((connection, used))
            else:
                connection.close()
