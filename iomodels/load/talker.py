"""One connection of a load that is more than the plain closed loop."""

import socket
from collections.abc import Callable
from itertools import cycle
from select import EPOLLIN, EPOLLOUT, epoll

from iomodels.load.owed import Owed
from iomodels.load.talk import Pair, Talk

__all__ = ["Talker"]

FOR_EVER = 1 << 62  # requests, on a connection that is not ended


class Talker:
    """What it asks, what it is owed, and how it stands.

    left: requests that may still be asked on the connection. stage: `absent`, `connecting`, `open`, `ending` (its input has
    ended and its output has not). since: when the connection was begun, in nanoseconds.
    """

    __slots__ = ("_next", "_outbox", "_poller", "left", "owed", "since", "socket", "stage")

    def __init__(self, talk: Talk, number: int, poller: epoll) -> None:
        self._next: Callable[[], Pair] = cycle(talk.pairs(number)).__next__
        self._poller = poller
        self._outbox = b""
        self.owed = Owed(talk)
        self.left = FOR_EVER
        self.since = 0
        self.stage = "absent"
        self.socket: socket.socket

    def ask(self, stamp: int, count: int = 1) -> None:
        """Send the next requests, as of `stamp`."""
        requests = []
        for _ in range(count):
            request, want = self._next()
            requests.append(request)
            self.owed.expect(want, stamp)
        self.left -= count
        data = requests[0] if count == 1 else b"".join(requests)
        if self._outbox:
            self._outbox += data
        else:
            self._send(data)
            if self._outbox:
                self._poller.modify(self.socket, EPOLLIN | EPOLLOUT)

    def go_on(self) -> None:
        """Send what the kernel did not take."""
        self._send(self._outbox)
        if not self._outbox:
            self._poller.modify(self.socket, EPOLLIN)

    def _send(self, data: bytes) -> None:
        try:
            self._outbox = data[self.socket.send(data) :]
        except BlockingIOError:
            self._outbox = data

    def attach(self, connection: socket.socket, events: int, stage: str, left: int) -> None:
        """Take a connection, and be told of `events`."""
        self.socket = connection
        self.stage = stage
        self.left = left
        self._poller.register(connection, events)

    def end_input(self) -> None:
        """Say that no more comes."""
        self.socket.shutdown(socket.SHUT_WR)
        self.stage = "ending"

    def close(self) -> None:
        """Let the connection go."""
        self._poller.unregister(self.socket)
        self.socket.close()
        self.stage = "absent"
