"""Connections that are not counted: they make a server's life harder while others ask. Every STEP each does a little."""

import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

from iomodels.load.owed import Owed
from iomodels.load.talk import Pair, Talk

__all__ = ["STEP", "Slow", "SlowReader", "SlowWriter"]

STEP = 0.05  # seconds
STEPS = 100  # in which a slow writer is done with a request: servers give up after some 10 seconds, and rightly so
BITE = 16  # bytes that a slow reader reads at a time
LOT = 16 * 1024  # bytes that it sends at a time, at most
AHEAD = 256 * 1024  # bytes that it has asked for and not read, at most
WINDOW = 4096  # bytes of its receive buffer: what is more stays with the server


class Slow(ABC):
    """What both have: a connection that is made anew when the server ends it, as it well may.

    What it receives is checked. In the end it is closed as it stands: with its reply half read, its request half sent.
    """

    def __init__(self, connect: Callable[[], socket.socket], talk: Talk, number: int) -> None:
        self._connect = connect
        self._talk = talk
        self.next: Callable[[], Pair] = cycle(talk.pairs(number)).__next__
        self.ended = 0  # times that the server did so
        self.begin()

    def begin(self) -> None:
        """Connect."""
        self.socket = self._connect()
        self.socket.setblocking(False)
        self.owed = Owed(self._talk)
        self.unsent = b""
        self.piece = LOT  # bytes of it that are sent at a time

    def step(self) -> None:
        """Do a little. Raises LoadError where the server answers wrongly."""
        try:
            self.prepare()
            self.send()
            self.receive()
        except ConnectionError:
            self.ended += 1
            self.socket.close()
            self.begin()

    @abstractmethod
    def prepare(self) -> None:
        """Have something to send, unless it is to wait."""

    def send(self) -> None:
        """Send a piece of what there is, as far as the server takes it before it is read from."""
        if self.unsent:
            with suppress(BlockingIOError):
                self.unsent = self.unsent[self.socket.send(self.unsent[: self.piece]) :]

    def receive(self, most: int = 64 * 1024) -> int:
        """Read what is there, `most` bytes of it; how many came. Raises ConnectionError where no more will."""
        try:
            data = self.socket.recv(most)
        except BlockingIOError:
            return 0
        if not data:
            raise ConnectionResetError
        self.owed.take(data)
        return len(data)


class SlowWriter(Slow):
    """Sends its requests byte by byte, longer ones in as many pieces as it has time for, and waits for each reply."""

    def prepare(self) -> None:
        if not self.unsent and not self.owed:
            self.unsent, want = self.next()
            self.piece = max(1, len(self.unsent) // STEPS)
            self.owed.expect(want, 0)


class SlowReader(Slow):
    """Asks for more than it reads."""

    def begin(self) -> None:
        super().begin()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        self._ahead = 0

    def prepare(self) -> None:
        while len(self.unsent) < LOT and self._ahead < AHEAD:
            request, want = self.next()
            self.unsent += request
            self._ahead += len(want)
            self.owed.expect(want, 0)

    def receive(self, most: int = BITE) -> int:
        came = super().receive(most)
        self._ahead -= came
        return came
