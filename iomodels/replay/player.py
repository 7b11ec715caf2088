"""The clients' side of a recording, played against a server: in the order of cause, not by the clock.

What a client did is done when all that it could have waited for has come: every reply that the recording has before it, on any
connection. So a request follows the greeting that it followed, and a chat's second speaker speaks after the first was heard.
Replies are counted in bytes. Where a server says less than the recorded one did, silence lets the conversation go on; where it
says something else, bytes no longer tell when a reply is complete, and each step waits for a moment of silence.
"""

import errno
import os
import socket
import struct
import time
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from iomodels.replay.client import Client
from iomodels.replay.heard import End, Heard, cut_again, expected
from iomodels.replay.recording import Event, Kind, Recording

__all__ = ["End", "Heard", "Player", "cut_again", "expected"]

RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close sends RST (socket(7))
CUT = (errno.ECONNRESET, errno.EPIPE)  # it was connected, and cut at once
MOMENT = 0.02  # seconds of silence after which a reply that is not the recorded one counts as complete
ASTRAY = 0.25  # seconds that are waited for the rest of one, or for a server to take what it is sent before others go on
CONNECT = 5.0  # seconds in which a server takes a connection


class Player:
    """Plays a recording against a server; one `play` for each.

    address: HOST and port; a name is looked up. patience: seconds of silence after which a reply that the recording has is
    given up. linger: seconds that are listened, when all is said, on connections that the server has not ended. speed: None
    for as fast as causes allow; 1.0 for the recorded times besides, 2.0 for half of them. gap: seconds between two pieces in a
    row of one client, so that the server reads them one by one (see `cut_again`).

    silences: how many replies, or ends, were given up.
    """

    def __init__(
        self,
        recording: Recording,
        address: tuple[str, int],
        *,
        patience: float = 2.0,
        linger: float = 0.1,
        speed: float | None = None,
        gap: float = 0.0,
    ) -> None:
        self._recording, self._address = recording, address
        self._patience, self._linger, self._speed, self._gap = patience, linger, speed, gap
        self._selector = DefaultSelector()
        self._clients: dict[int, Client] = {}
        self._heard: dict[int, Heard] = {}
        self._waiting: set[Client] = set()
        self._targets: list[tuple[socket.AddressFamily, tuple[str, int]]] = []
        self._last: Event | None = None
        self._moves = 0  # counts what came, and went, that somebody waits for
        self._stirred = False  # somebody astray has said or heard something
        self.silences = 0

    def play(self) -> dict[int, Heard]:
        """What each client hears, by connection. Raises OSError when the first connection is refused."""
        wanted = expected(self._recording)
        started = time.monotonic()
        try:
            self._targets = _look_up(self._address)
            for event in self._recording.events:
                client = self._clients.get(event.connection)
                if event.kind is Kind.OPEN:
                    self._prepare(event, started)
                    self._open(event.connection, wanted[event.connection].data)
                elif client is not None:
                    self._step(client, event, started)
            self._settle()
            self._until(lambda: not any(client.unsent for client in self._clients.values()), self._patience)
            until = time.monotonic() + self._linger
            while (left := until - time.monotonic()) > 0 and not all(client.ended for client in self._clients.values()):
                self._turn(left)
        finally:
            for client in self._clients.values():
                client.sock.close()
            self._selector.close()
        return self._heard

    def _step(self, client: Client, event: Event, started: float) -> None:
        """Do what the client did, or note what it is to hear."""
        if event.kind is Kind.ANSWERED:
            client.owed += len(event.data)
        elif event.kind in (Kind.ANSWERED_EOF, Kind.ANSWERED_RESET):
            client.owed_end = True
        elif event.kind is Kind.CLOSE:
            client.leaves = True
            self._let_go(client)
        else:
            self._prepare(event, started)
            self._act(client, event)
        if client.waits:
            self._waiting.add(client)

    def _prepare(self, event: Event, started: float) -> None:
        """Wait until it is time for what a client did."""
        self._settle()
        if self._speed:
            self._listen(started + event.seconds / self._speed)
        last, self._last = self._last, event
        if self._gap and last is not None and (last.kind, last.connection) == (event.kind, event.connection):
            self._listen(time.monotonic() + self._gap)

    def _open(self, number: int, wanted: bytearray) -> None:
        """Connect; the first client tries every address that the name has."""
        first = not self._heard
        self._heard[number] = Heard(number, end=End.REFUSED)
        for target in self._targets:
            client = Client(number, target[0], wanted)
            if self._connect(client, target[1]):
                self._targets = [target]
                self._heard[number] = client.heard
                return
        if first:
            raise OSError(client.problem, os.strerror(client.problem))

    def _connect(self, client: Client, address: tuple[str, int]) -> bool:
        self._clients[client.heard.connection] = client
        client.problem = client.sock.connect_ex(address)
        if client.problem in (0, errno.EINPROGRESS):
            self._watch(client)
            if not self._until(lambda: not client.connecting, max(CONNECT, self._patience)):
                client.problem = errno.ETIMEDOUT
        if client.problem:
            self._leave(client)
        return not client.problem

    def _act(self, client: Client, event: Event) -> None:
        if event.kind is Kind.ASKED:
            client.unsent += event.data
            self._stirred = self._stirred or client.astray
        elif event.kind is Kind.ASKED_EOF:
            client.ends = True
        self._send(client)
        self._until(lambda: not client.unsent, min(self._patience, ASTRAY))
        if event.kind is Kind.ASKED_RESET and event.connection in self._clients:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._leave(client)

    def _settle(self) -> None:
        """Wait until everybody has heard what the recorded clients had heard by now, or nobody hears anything any more."""
        while self._waiting:
            astray = all(client.astray for client in self._waiting)
            if not self._until(lambda: not self._waiting, min(self._patience, ASTRAY) if astray else self._patience):
                self.silences += len(self._waiting)
                for client in self._waiting:
                    client.owed, client.owed_end = len(client.heard.data), False
                self._waiting.clear()
        if self._stirred:
            self._until(lambda: False, MOMENT, self._patience)
            self._stirred = False

    def _listen(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            self._turn(left)

    def _until(self, done: Callable[[], bool], seconds: float, most: float = float("inf")) -> bool:
        """Attend to all until it is so; False when nothing has moved that somebody waits for in so many seconds, or after
        `most`."""
        last = time.monotonic() + most
        end = time.monotonic() + seconds
        while not done():
            left = min(end, last) - time.monotonic()
            if left <= 0:
                return False
            moves = self._moves
            self._turn(left)
            if moves != self._moves:
                end = time.monotonic() + seconds
        return True

    def _turn(self, seconds: float) -> None:
        for key, events in self._selector.select(seconds):
            client = key.data
            if client.connecting:
                client.connecting = False
                client.problem = client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                self._watch(client)
                if client.problem in CUT:
                    client.problem = 0
                    self._end(client, End.RESET)
                continue
            if events & EVENT_READ:
                self._hear(client)
            if events & EVENT_WRITE and client.mask & EVENT_WRITE:
                self._send(client)

    def _hear(self, client: Client) -> None:
        end = client.receive()
        self._stirred = self._stirred or client.astray
        if client.astray or client in self._waiting:
            self._moves += 1
        if end is not None:
            self._end(client, end)
        elif not client.waits:
            self._waiting.discard(client)

    def _send(self, client: Client) -> None:
        if client.send():
            self._moves += 1
        self._watch(client)
        self._let_go(client)

    def _end(self, client: Client, end: End) -> None:
        """The server has ended it. A client that has more to say may say it."""
        client.heard.end, client.ended = end, True
        self._moves += 1
        self._waiting.discard(client)
        if end is End.RESET:
            self._leave(client)
        else:
            self._watch(client)
            self._let_go(client)

    def _let_go(self, client: Client) -> None:
        """Close it, when both have said all and the recorded one was closed."""
        if client.leaves and client.ended and not client.unsent:
            self._leave(client)

    def _leave(self, client: Client) -> None:
        client.ended = True
        client.unsent.clear()
        self._watch(client)
        client.sock.close()
        self._waiting.discard(client)
        self._clients.pop(client.heard.connection, None)

    def _watch(self, client: Client) -> None:
        mask = client.interest
        if mask == client.mask:
            return
        if not client.mask:
            self._selector.register(client.sock, mask, client)
        elif mask:
            self._selector.modify(client.sock, mask, client)
        else:
            self._selector.unregister(client.sock)
        client.mask = mask


def _look_up(address: tuple[str, int]) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    return [(family, (str(where[0]), int(where[1]))) for family, _, _, _, where in found]
