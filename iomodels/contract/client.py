"""The client's end of a conversation, as cases use it: every wait is for an event, with a deadline that only silence
uses up."""

import array
import enum
import errno
import fcntl
import select
import socket
import struct
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

from iomodels.contract.broken import Broken
from iomodels.contract.far_end import FarEnd, look

__all__ = ["Client", "End", "any_ready", "fill"]

CHUNK = 256 * 1024  # bytes moved at a time
STALL_LOOK = 0.05  # seconds between two looks at a send buffer that may be stuck
STALL_LOOKS = 4  # looks without movement after which it is
LOOK = 0.001  # seconds between the first two looks at the server's end, of which no event tells; then twice as many,
LAST_LOOK = 0.016  # up to so many


class End(enum.Enum):
    """How the server ended a connection, as seen from here."""

    FIN = "FIN"
    RST = "RST"


class Client:
    """One connection to the server under test.

    patience: seconds of silence after which a wait fails; any byte that moves starts it anew.
    decode: what makes of the bytes that came those that cases compare (see `Dialect.decoder`).

    Every method raises Broken when the server does not do what the method is named after.
    """

    def __init__(self, connection: socket.socket, patience: float, decode: Callable[[bytes], bytes] = bytes) -> None:
        self.socket = connection
        self._decode = decode
        self.patience = patience
        self.sent = 0
        self.received = 0
        self._ends = _ends(connection)
        self._said_all = False
        self._cut = False  # an RST was met in a send, after which a receive shows it no more
        connection.setblocking(False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    # What a client does.

    def send(self, data: bytes) -> None:
        """Send all of `data`; the server must take it."""
        view = memoryview(data)
        while view:
            count = self._try_send(view)
            if count == 0 and not self.ready(select.POLLOUT, self.patience):
                raise self._silent(f"the server took {self.sent:,} bytes")
            view = view[count:]

    def offer(self, data: bytes | memoryview) -> int:
        """Send what the kernel takes of `data` at once; the number of bytes."""
        return self._try_send(memoryview(data))

    def fill(self, data: bytes, limit: int) -> int:
        """Send `data` again and again without reading, until the server takes no more or `limit` bytes have gone; their number.

        That it takes no more is seen, not assumed: the kernel would block, and what waits in its buffer no longer moves.
        """
        return fill([self], data, limit)[0]

    def pour(self, data: bytes, limit: int) -> int:
        """Send `data` again and again until the server answers or ends the connection, or `limit` bytes have gone; how many."""
        view = memoryview(data)
        total = 0
        while total < limit:
            events = self.ready(select.POLLIN | select.POLLOUT, self.patience)
            if not events:
                raise self._silent(f"the server took {self.sent:,} bytes")
            if events & ~select.POLLOUT:
                break
            try:
                total += self._try_send(view[total % len(data) :][: limit - total])
            except Broken:  # it ended the connection, which the caller sees when it reads
                break
        return total

    def half_close(self) -> None:
        """Send FIN: this side has said all."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise Broken(f"the server had ended the connection already ({error.strerror})") from error
        self._said_all = True

    def reset(self) -> None:
        """Vanish with RST (SO_LINGER with a time of 0, socket(7))."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """Close as a program that ends does; unread input makes it RST."""
        self.socket.close()

    # What must come back.

    def expect(self, reply: bytes, *, sent: bytes | None = None) -> None:
        """Exactly `reply` arrives next."""
        came = self.receive(len(reply), sent=sent, expected=reply)
        if came != reply:
            raise Broken("a wrong reply came", sent=sent, expected=reply, came=came)

    def receive(self, count: int, *, sent: bytes | None = None, expected: bytes | None = None) -> bytes:
        """The next `count` bytes."""
        came = bytearray()
        while len(came) < count:
            data = self.receive_some(min(CHUNK, count - len(came)), sent=sent, expected=expected, came=bytes(came[:CHUNK]))
            came += data
            if not data:
                words = f"the server ended the conversation (FIN) after {len(came):,} of {count:,} bytes"
                raise Broken(words, sent=sent, expected=expected, came=bytes(came))
        return bytes(came)

    def receive_some(
        self,
        limit: int = CHUNK,
        *,
        sent: bytes | None = None,
        expected: bytes | None = None,
        came: bytes | None = None,
    ) -> bytes:
        """What arrives next, at most `limit` bytes; b"" is FIN. A reset breaks the contract here."""
        data = b""
        while not data:
            if not self.ready(select.POLLIN, self.patience):
                raise self._silent(f"{self.received:,} bytes came", sent=sent, expected=expected, came=came)
            try:
                raw = self.socket.recv(limit)
            except OSError as error:
                raise Broken(
                    f"the server reset the connection after {self.received:,} bytes ({error.strerror})",
                    sent=sent,
                    expected=expected,
                    came=came,
                ) from error
            if not raw:
                break
            self.received += len(raw)
            data = self._decode(raw)
        return data

    def exchange(self, request: bytes, reply: bytes, *, half_close: bool = False) -> None:
        """Send `request` and read at the same time; exactly `reply` comes back. Neither side waits for the other to finish.

        half_close: send FIN right behind the request, whatever has come back by then.
        """
        view = memoryview(request)
        came = bytearray()
        while view or len(came) < len(reply):
            if half_close and not view:
                self.half_close()
                half_close = False
            events = self.ready((select.POLLOUT if view else 0) | select.POLLIN, self.patience)
            if not events:
                words = f"{len(request) - len(view):,} of {len(request):,} bytes sent, {len(came):,} of {len(reply):,} came"
                raise self._silent(words, sent=request, expected=reply, came=bytes(came))
            if events & ~select.POLLOUT:
                data = self.receive_some(sent=request)
                at = len(came)
                came += data
                if not data:
                    words = f"the server ended the conversation (FIN) after {at:,} of {len(reply):,} bytes"
                    raise Broken(words, sent=request, expected=reply, came=bytes(came))
                if data != reply[at : len(came)]:
                    raise Broken("a wrong reply came", sent=request, expected=reply, came=bytes(came))
            if events & select.POLLOUT:
                view = view[self._try_send(view[:CHUNK]) :]

    def expect_fin(self) -> None:
        """FIN comes next, and no byte before it."""
        data = self.receive_some(came=b"")
        if data:
            raise Broken("more came where the end (FIN) was expected", expected=b"", came=data)

    def is_answered(self, reply: bytes) -> bool:
        """Whether exactly `reply` arrives next; False when the server has turned this client away, with FIN or RST."""
        came = b""
        while len(came) < len(reply):
            if not self.ready(select.POLLIN, self.patience):
                raise self._silent("neither a reply nor an end came", expected=reply, came=came)
            try:
                raw = self.socket.recv(CHUNK)
            except OSError:
                raw = b""
            if not raw and came:
                raise Broken("the server ended the conversation in the middle of a reply", expected=reply, came=came)
            if not raw:
                return False
            came += self._decode(raw)
        if came != reply:
            raise Broken("a wrong reply came", expected=reply, came=came)
        return True

    def read_to_end(self, limit: int = 256 * CHUNK) -> tuple[bytes, End]:
        """All that still comes, at most `limit` bytes, and whether FIN or RST ended it."""
        came = bytearray()
        while True:
            if len(came) > limit:
                raise Broken(f"{len(came):,} bytes came and no end", came=bytes(came))
            if not self.ready(select.POLLIN, self.patience):
                raise self._silent(f"{len(came):,} bytes came and no end", came=bytes(came))
            try:
                data = self.socket.recv(CHUNK)
            except OSError:
                return bytes(came), End.RST
            if not data:
                return bytes(came), End.RST if self._cut else End.FIN
            came += self._decode(data)
            self.received += len(data)

    # What can be seen of the connection.

    def ready(self, events: int, seconds: float) -> int:
        """The poll events that hold within `seconds`, 0 when none does."""
        poller = select.poll()
        poller.register(self.socket, events)
        for _, happened in poller.poll(seconds * 1000):
            return happened
        return 0

    def is_silent(self) -> bool:
        """Whether nothing, not even an end, has arrived so far."""
        return not self.ready(select.POLLIN, 0)

    def far_end(self) -> FarEnd | None:
        """The server's end of the connection, after this one was closed as well; None where it is gone or cannot be seen."""
        return look(*self._ends) if self._ends is not None else None

    def wait_until_read(self) -> None:
        """Wait until the server has read all that was sent, FIN too; at once where its end cannot be seen."""
        self._watch_far_end(self._is_read, f"the server has not read all of the {self.sent:,} bytes that were sent")

    def wait_until_settled(self) -> None:
        """Wait until the server has read all that was sent, FIN too, or takes no more; at once where its end cannot be seen."""
        still = 0
        before = -1
        while still < STALL_LOOKS and (end := self.far_end()) is not None and not self._is_read(end):
            still = still + 1 if end.read == before else 0
            before = end.read
            time.sleep(STALL_LOOK)

    def wait_until_let_go(self) -> None:
        """Wait until no process of the server has its end open; at once where it cannot be seen."""
        self._watch_far_end(lambda end: not end.held, "the server still has its end of the connection open")

    def unsent(self) -> int:
        """Bytes in the kernel's send buffer that the server's kernel has not taken (TIOCOUTQ, tcp(7))."""
        count = array.array("i", [0])
        fcntl.ioctl(self.socket, termios.TIOCOUTQ, count)
        return count[0]

    def _is_read(self, end: FarEnd) -> bool:
        return end.read >= self.sent + self._said_all

    def _watch_far_end(self, condition: Callable[[FarEnd], bool], words: str) -> None:
        give_up = time.monotonic() + self.patience
        pause = LOOK
        while (end := self.far_end()) is not None and not condition(end):
            if time.monotonic() > give_up:
                raise Broken(f"{words} (looked for {self.patience:g} s)")
            time.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)

    def _try_send(self, view: memoryview) -> int:
        try:
            count = self.socket.send(view)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno in (errno.EPIPE, errno.ECONNRESET):
                self._cut = True
                raise Broken(f"the server cut the connection while it was sent to, after {self.sent:,} bytes") from error
            raise
        self.sent += count
        return count

    def _silent(
        self, words: str, *, sent: bytes | None = None, expected: bytes | None = None, came: bytes | None = None
    ) -> Broken:
        return Broken(f"{words}, then silence for {self.patience:g} s", sent=sent, expected=expected, came=came)


def _ends(connection: socket.socket) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """The addresses of both ends; None for a Unix socket, and when the server has cut the connection already."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        return connection.getsockname()[:2], connection.getpeername()[:2]
    except OSError:
        return None


def any_ready(clients: Iterable[Client], seconds: float) -> list[Client]:
    """Those to whom something has come, a byte or an end, as soon as that is one of them; none after so many seconds."""
    poller = select.poll()
    by_descriptor = {client.fileno(): client for client in clients}
    for descriptor in by_descriptor:
        poller.register(descriptor, select.POLLIN)
    return [by_descriptor[descriptor] for descriptor, _ in poller.poll(seconds * 1000)]


def fill(clients: Sequence[Client], data: bytes, limit: int) -> list[int]:
    """`Client.fill` for many at once, with `limit` for each; what each has sent when no one's bytes move any more."""
    view = memoryview(data)
    totals = [0] * len(clients)
    waiting: list[int] = []
    still = 0
    while still < STALL_LOOKS and (hungry := [at for at, total in enumerate(totals) if total < limit]):
        moved = False
        for at in hungry:
            count = clients[at].offer(view[totals[at] % len(data) :][: limit - totals[at]])
            totals[at] += count
            moved = moved or count > 0
        if moved:
            still = 0
        elif not _any_writable([clients[at] for at in hungry], STALL_LOOK):
            unsent = [client.unsent() for client in clients]
            still = still + 1 if unsent == waiting else 0
            waiting = unsent
    return totals


def _any_writable(clients: Iterable[Client], seconds: float) -> bool:
    poller = select.poll()
    for client in clients:
        poller.register(client, select.POLLOUT)
    return bool(poller.poll(seconds * 1000))
