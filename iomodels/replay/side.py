"""One socket of a connection that is relayed."""

import contextlib
import select
import socket
import struct

from iomodels.replay.recording import Kind

__all__ = ["CHUNK", "CLIENT", "IN", "MUTED", "OUT", "RESET", "SERVER", "Gone", "Side", "send"]

CHUNK = 64 * 1024  # bytes of a read; what is unsent of it is all that is kept of one direction
IN, OUT = select.POLLIN, select.POLLOUT  # epoll's have the same values (epoll_ctl(2))
MUTED = -1  # not watched at all
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close sends RST (socket(7))


class Gone(Exception):
    """A side has reset the connection, or could not be reached."""

    def __init__(self, side: "Side") -> None:
        super().__init__()
        self.side = side


class Side:
    """One socket of a connection. other: the other one. unsent: what it has not taken yet of the other's. ended: its end of
    input has come. shut: the other's was passed on to it. mask: what is waited for."""

    __slots__ = (
        "connecting",
        "descriptor",
        "ended",
        "eof",
        "mask",
        "number",
        "other",
        "reset",
        "sent",
        "shut",
        "sock",
        "unsent",
    )
    other: "Side"

    def __init__(self, sock: socket.socket, number: int, kinds: tuple[Kind, Kind, Kind]) -> None:
        sock.setblocking(False)
        with contextlib.suppress(OSError):  # EINVAL on macOS, of one that is reset already
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.number = sock, number
        self.descriptor = sock.fileno()
        self.sent, self.eof, self.reset = kinds
        self.unsent = memoryview(b"")
        self.ended = self.shut = self.connecting = False
        self.mask = MUTED

    @property
    def interest(self) -> int:
        """What is to be waited for: to read, when the other has taken all; to write, when something is owed to it."""
        other = self.other
        reads = not (self.ended or other.unsent or self.connecting or other.connecting)
        return (IN if reads else 0) | (OUT if self.unsent or self.connecting else 0)


CLIENT = (Kind.ASKED, Kind.ASKED_EOF, Kind.ASKED_RESET)
SERVER = (Kind.ANSWERED, Kind.ANSWERED_EOF, Kind.ANSWERED_RESET)


def send(side: Side, data: memoryview) -> None:
    """Give a side what is for it, and keep what it does not take."""
    try:
        side.unsent = data[side.sock.send(data) :]
    except BlockingIOError:
        side.unsent = data
    except OSError as error:
        raise Gone(side) from error
