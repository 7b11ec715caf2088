"""A conversation played against a server, and what its clients heard by when.

Before a step that waits, and at the end, all wait. The first time a server is asked nobody knows what it will say, and the wait
is for silence. After that it is for what was heard then, and a moment more: a server that says more, or earlier, is told from
one that does not.
"""

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Callable, Mapping

from iomodels.differ.conversations import Conversation, Step
from iomodels.differ.played import Mark, Pace, Played
from iomodels.differ.unread import unread
from iomodels.replay.heard import End, Heard
from iomodels.replay.recording import Kind

__all__ = ["Play"]

CHUNK = 64 * 1024
SMALL = 4096  # bytes of receive buffer of a client that reads late
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close sends RST (socket(7))
CONNECT = 5.0  # seconds in which a server takes a connection
STALL = 0.25  # seconds in which a server takes nothing, after which others go on
LOOK = 0.0005  # seconds between two looks at what has no event to wait for
TAKEN = 0.1  # seconds that are waited for a server to read one piece before the next is sent


class _Client:
    def __init__(self, number: int, slow: bool, family: socket.AddressFamily) -> None:
        self.heard = Heard(number)
        self.sock = socket.socket(family)
        self.slow = slow
        self.unsent = bytearray()
        self.ends = False
        self.cut = False  # a reset was met in a send
        self.ended = False  # the server has ended it
        self.left = False
        self.unanswered = False
        self.fresh = False  # something was heard since the last pause


class Play:
    """Plays a conversation once.

    address: numeric. expected: what another server, or the same one, was heard to say; without it the wait is for silence.
    stop: called at the end of a conversation that `stops`. rest: returns when the server has nothing left to do, so that a
    server that only had no processor is not taken for a silent one.
    """

    def __init__(
        self,
        conversation: Conversation,
        address: tuple[str, int],
        *,
        pace: Pace,
        expected: Played | None = None,
        stop: Callable[[], None] = lambda: None,
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._conversation, self._address = conversation, address
        self._pace, self._expected = pace, expected
        self._stop, self._rest = stop, rest
        self._clients: dict[int, _Client] = {}
        self._selector = selectors.DefaultSelector()
        self._moved = 0.0
        self._missed = False
        self.played = Played()

    def play(self) -> Played:
        """What was heard."""
        steps = self._conversation.steps
        try:
            for number, step in enumerate(steps):
                if step.waits:
                    self._pause(number)
                self._turn(0)
                following = steps[number + 1] if number + 1 < len(steps) else None
                self._do(step, following)
            if self._conversation.stops:
                self._pause(len(steps))
                self._rest()
                self._stop()
            for client in self._clients.values():
                client.slow = False
                self._watch(client)
            self._pause(len(steps))
        finally:
            for client in self._clients.values():
                client.sock.close()
            self._selector.close()
        self.played.heard = {number: client.heard for number, client in self._clients.items()}
        return self.played

    # Steps.

    def _do(self, step: Step, following: Step | None) -> None:
        if step.kind is Kind.OPEN:
            self._open(step.connection)
            return
        client = self._clients.get(step.connection)
        if client is None or client.left:
            return
        if step.kind is Kind.ASKED:
            client.unsent += step.data
            client.unanswered = True
        elif step.kind is Kind.ASKED_EOF:
            client.ends = True
            client.unanswered = True
        self._send(client)
        self._until(lambda: not client.unsent, STALL)
        if client.slow and client.unsent and not self._conversation.stops:  # it takes no more before somebody reads
            client.slow = False
            self._watch(client)
            self._until(lambda: not client.unsent, self._pace.patience)
        if step.kind in (Kind.ASKED_RESET, Kind.CLOSE):
            if step.kind is Kind.ASKED_RESET:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._leave(client)
        elif self._conversation.gap and following is not None and following.kind in (Kind.ASKED, Kind.ASKED_EOF):
            self._wait_until_taken(client)

    def _open(self, number: int) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        client = self._clients[number] = _Client(number, number in self._conversation.slow, family)
        if client.slow:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        client.sock.settimeout(CONNECT)
        try:
            client.sock.connect(self._address)
        except OSError:
            client.heard.end = End.REFUSED
            client.ended = client.left = True
            client.sock.close()
            return
        client.sock.setblocking(False)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.played.ports.append(client.sock.getsockname()[1])
        self._watch(client)

    def _wait_until_taken(self, client: _Client) -> None:
        """Until the server has read what is said, or for a moment where it cannot be seen."""
        until = time.monotonic() + TAKEN
        while time.monotonic() < until and not client.ended:
            self._turn(LOOK)
            if client.left or client.cut or not unread(client.sock):
                self._turn(self._pace.moment / 2)  # to do something about it
                return

    # Waiting.

    def _pause(self, number: int) -> None:
        """Wait, and note what has been heard by now."""
        index = len(self.played.marks)
        wanted = self._expected.marks[index] if self._expected and index < len(self._expected.marks) else None
        self._moved = time.monotonic()
        for client in self._clients.values():
            client.fresh = False
        while any(not (client.ended or client.left or client.slow) for client in self._clients.values()):
            seconds, missing = self._silence(wanted)
            left = self._moved + seconds - time.monotonic()
            if left > 0:
                self._turn(left)
                continue
            if not missing:
                moved = self._moved
                self._rest()
                self._turn(0)
                if moved != self._moved:
                    continue
            self._missed = self._missed or missing
            break
        else:  # nobody is there who could hear it
            self._rest()
        self.played.steps.append(number)
        self.played.marks.append(
            {
                each: Mark(len(client.heard.data), client.heard.end, client.unanswered and not client.left)
                for each, client in self._clients.items()
            }
        )

    def _silence(self, wanted: Mapping[int, Mark] | None) -> tuple[float, bool]:
        """How many seconds of silence are enough now; whether something is missing that was expected."""
        pace = self._pace
        if wanted is None:
            return (pace.between if any(client.fresh for client in self._clients.values()) else pace.hush), False
        lacking = [self._clients[each] for each, mark in wanted.items() if self._lacks(each, mark)]
        if not lacking:
            suspense = any(mark.unanswered and mark.end is End.OPEN for mark in wanted.values())
            return (pace.hush if suspense else pace.moment), False
        if all(client.fresh and self._astray(client) for client in lacking):
            return pace.between, False
        return (min(pace.patience, 2 * pace.hush) if self._missed else pace.patience), True

    def _lacks(self, number: int, mark: Mark) -> bool:
        client = self._clients.get(number)
        if client is None or client.ended or client.left or client.slow:
            return False
        return len(client.heard.data) < mark.count or mark.end in (End.FIN, End.RESET)

    def _astray(self, client: _Client) -> bool:
        """Whether it has heard something else than was expected, so that counts of bytes mean nothing."""
        known = self._expected.heard.get(client.heard.connection) if self._expected else None
        return known is not None and not known.data.startswith(client.heard.data)

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        """Attend to all until it is so, or nothing has moved for so many seconds."""
        self._moved = time.monotonic()
        while not done() and (left := self._moved + seconds - time.monotonic()) > 0:
            self._turn(left)

    # Sockets.

    def _turn(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, events in self._selector.select(seconds):
            client = key.data
            if events & selectors.EVENT_READ:
                self._hear(client)
            if events & selectors.EVENT_WRITE and not client.left:
                self._send(client)

    def _hear(self, client: _Client) -> None:
        try:
            data = client.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._end(client, End.RESET)
            return
        self._moved = time.monotonic()
        if not data:
            self._end(client, End.RESET if client.cut else End.FIN)
            return
        client.heard.data += data
        client.heard.after.append((len(client.heard.data), len(client.heard.said)))
        client.fresh, client.unanswered = True, False

    def _send(self, client: _Client) -> None:
        try:
            while client.unsent:
                sent = client.sock.send(client.unsent)
                client.heard.said += client.unsent[:sent]
                del client.unsent[:sent]
                self._moved = time.monotonic()
            if client.ends:
                client.ends = False
                client.sock.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            client.cut = True  # what came before that is still to be read
            client.unsent.clear()
            client.ends = False
        self._watch(client)

    def _end(self, client: _Client, end: End) -> None:
        client.heard.end, client.ended = end, True
        self._moved = time.monotonic()
        if end is End.RESET:
            client.unsent.clear()
        self._watch(client)

    def _leave(self, client: _Client) -> None:
        client.left = True
        client.unsent.clear()
        self._watch(client)
        client.sock.close()

    def _watch(self, client: _Client) -> None:
        if client.sock.fileno() < 0:
            return
        mask = 0
        if not (client.ended or client.slow or client.left):
            mask |= selectors.EVENT_READ
        if client.unsent and not client.left:
            mask |= selectors.EVENT_WRITE
        with contextlib.suppress(KeyError):
            self._selector.unregister(client.sock)
        if mask:
            self._selector.register(client.sock, mask, client)
