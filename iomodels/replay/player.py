"""The clients' side of a recording, played against a server: in the order of cause, not by the clock.

What a client sent is sent when all that it could have waited for has come: every reply that the recording has before it, on any
connection. So a request follows the greeting it followed, and a chat's second speaker speaks after the first was heard. Where a server
says less than the recorded one did, a moment of silence lets the conversation go on.
"""

import random
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from iomodels.replay.recording import Event, Kind, Recording

__all__ = ["End", "Heard", "Player", "cut_again", "expected"]

CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)


class End(StrEnum):
    """How a connection ended, seen from the client."""

    FIN = "FIN"
    RESET = "RST"
    OPEN = "still open"
    REFUSED = "refused"


@dataclass
class Heard:
    """What a client heard on one connection.

    said, data: what it sent and what the server sent. end: how the server ended it. after: how many bytes the client had sent when each
    piece came, as (bytes heard so far, bytes said by then).
    """

    connection: int
    said: bytearray = field(default_factory=bytearray)
    data: bytearray = field(default_factory=bytearray)
    end: End = End.OPEN
    after: list[tuple[int, int]] = field(default_factory=list)


def expected(recording: Recording) -> dict[int, Heard]:
    """What the recorded clients heard, by connection."""
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
        elif event.kind is Kind.ANSWERED_RESET:
            heard.end = End.RESET
    return found


def cut_again(recording: Recording, cuts: int, seed: int = 0) -> Recording:
    """The same bytes with each piece that a client sent cut at up to so many other borders, by a seed."""
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


class _Client:
    def __init__(self, number: int) -> None:
        self.heard = Heard(number)
        self.sock: socket.socket | None = None
        self.unsent = bytearray()
        self.ends = False  # when all is sent, its end of input is
        self.owed = 0  # bytes that the recording has heard by now
        self.owes_end = False
        self.over = False

    @property
    def waits(self) -> bool:
        """Whether the recording has heard more by now than this has."""
        return not self.over and (len(self.heard.data) < self.owed or self.owes_end)


class Player:
    """Plays a recording against a server.

    patience: seconds of silence after which a reply that the recording has is given up. linger: seconds that are waited, when all is
    said, for what the recording does not have; until then a connection is "still open". speed: None for as fast as causes allow; 1.0 for
    the recorded times, 2.0 for half of them.
    """

    def __init__(
        self,
        recording: Recording,
        address: tuple[str, int],
        *,
        patience: float = 2.0,
        linger: float = 0.1,
        speed: float | None = None,
    ) -> None:
        self._recording, self._address = recording, address
        self._patience, self._linger, self._speed = patience, linger, speed
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self.silences = 0  # replies that were given up

    def play(self) -> dict[int, Heard]:
        """What each client hears, by connection. Raises OSError when the first connection is refused."""
        started = time.monotonic()
        try:
            for event in self._recording.events:
                if self._speed:
                    self._until(lambda: False, started + event.seconds / self._speed - time.monotonic())
                self._step(event)
            self._settle()
            self._finish()
        finally:
            for client in self._clients.values():
                if client.sock is not None:
                    client.sock.close()
            self._selector.close()
        return {number: client.heard for number, client in self._clients.items()}

    def _step(self, event: Event) -> None:
        """Do what the client did, or note what it is to hear."""
        if event.kind is Kind.OPEN:
            self._settle()
            self._open(event.connection)
            return
        client = self._clients[event.connection]
        if event.kind is Kind.ANSWERED:
            client.owed += len(event.data)
        elif event.kind in (Kind.ANSWERED_EOF, Kind.ANSWERED_RESET):
            client.owes_end = True
        elif event.kind is not Kind.CLOSE:
            self._settle()
            self._act(client, event)

    def _open(self, number: int) -> None:
        client = self._clients[number] = _Client(number)
        try:
            client.sock = socket.create_connection(self._address, timeout=max(self._patience, 1.0))
        except OSError:
            if number == self._recording.connections[0]:
                raise
            client.heard.end, client.over = End.REFUSED, True
            return
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sock.setblocking(False)
        self._selector.register(client.sock, selectors.EVENT_READ, client)

    def _act(self, client: _Client, event: Event) -> None:
        if client.sock is None or client.over:
            return
        if event.kind is Kind.ASKED:
            client.unsent += event.data
            self._selector.modify(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
        elif event.kind is Kind.ASKED_EOF:
            client.ends = True
        elif event.kind is Kind.ASKED_RESET:
            self._until(lambda: not client.unsent or client.over, self._patience)
            if client.sock.fileno() >= 0 and not client.over:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self._over(client, End.OPEN)
            return
        self._until(lambda: not client.unsent or client.over, self._patience)
        if client.ends and not client.unsent and not client.over:
            self._shut(client)

    def _shut(self, client: _Client) -> None:
        client.ends = False
        if client.sock is not None:
            try:
                client.sock.shutdown(socket.SHUT_WR)
            except OSError:
                self._over(client, End.RESET)

    def _settle(self) -> None:
        """Wait until everybody has heard what the recording had heard by now, or nobody hears anything any more."""
        waiting = [client for client in self._clients.values() if client.waits]
        if waiting and not self._until(lambda: not any(client.waits for client in waiting), self._patience):
            for client in waiting:
                if client.waits:
                    self.silences += 1
                    client.owed, client.owes_end = len(client.heard.data), False

    def _finish(self) -> None:
        """Hear what is still said."""
        self._until(lambda: all(client.over for client in self._clients.values()), self._linger, quiet=True)

    def _until(self, done: "Callable[[], bool]", seconds: float, *, quiet: bool = True) -> bool:
        """Attend to all sockets until it is so; False when nothing has come for so many seconds."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            ready = self._selector.select(left)
            for key, events in ready:
                self._attend(key.data, events)
            if ready and quiet:
                deadline = max(deadline, time.monotonic() + seconds)
        return True

    def _attend(self, client: _Client, events: int) -> None:
        assert client.sock is not None
        try:
            if events & selectors.EVENT_READ:
                data = client.sock.recv(CHUNK)
                if not data:
                    self._over(client, End.FIN)
                    return
                client.heard.data += data
                client.heard.after.append((len(client.heard.data), len(client.heard.said)))
            if events & selectors.EVENT_WRITE and client.unsent:
                sent = client.sock.send(client.unsent)
                client.heard.said += client.unsent[:sent]
                del client.unsent[:sent]
                if not client.unsent:
                    self._selector.modify(client.sock, selectors.EVENT_READ, client)
        except BlockingIOError:
            pass
        except OSError:
            self._over(client, End.RESET)

    def _over(self, client: _Client, end: End) -> None:
        """The server has ended it, or the client is gone."""
        client.heard.end, client.over = end, True
        client.owes_end = False
        if client.sock is not None:
            self._selector.unregister(client.sock)
            client.sock.close()


def together(heard: Iterable[Heard]) -> Sequence[Heard]:
    """In the order of their numbers."""
    return sorted(heard, key=lambda each: each.connection)
