"""One client of a recording that is played: its socket, what it is to hear, and what it has heard."""

import socket
from selectors import EVENT_READ, EVENT_WRITE

from iomodels.replay.heard import End, Heard

__all__ = ["Client"]

CHUNK = 64 * 1024


class Client:
    """wanted: what the recorded client heard, from first to last. owed: bytes that it had heard by now; owed_end: and the end.

    connecting, problem: until it is connected, and the errno why it could not. unsent: what the server has not taken yet.
    ends: when it has, the end of input follows. astray: something else was heard than recorded. ended: the server has ended
    it, or it is closed. leaves: it is closed when the server has ended it. mask: what its socket is watched for.
    """

    def __init__(self, number: int, family: socket.AddressFamily, wanted: bytearray) -> None:
        self.sock = socket.socket(family)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = Heard(number)
        self.wanted = wanted
        self.owed = 0
        self.owed_end = False
        self.connecting = True
        self.problem = 0
        self.unsent = bytearray()
        self.ends = self.astray = self.ended = self.leaves = False
        self.mask = 0
        self._cut = False  # a reset was met in a send, after which a receive shows it as FIN

    @property
    def waits(self) -> bool:
        """Whether the recorded one had heard more by now."""
        return not self.ended and (len(self.heard.data) < self.owed or self.owed_end)

    @property
    def interest(self) -> int:
        """What its socket is to be watched for."""
        return (0 if self.ended else EVENT_READ) | (EVENT_WRITE if self.unsent or self.connecting else 0)

    def send(self) -> int:
        """Send what is to be sent, as far as the server takes it, and the end of input behind it; how many bytes went."""
        sent = 0
        try:
            if self.unsent:
                sent = self.sock.send(self.unsent)
                self.heard.said += self.unsent[:sent]
                del self.unsent[:sent]
            if self.ends and not self.unsent:
                self.ends = False
                self.sock.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self._cut = True  # what came before that is still to be read
            self.unsent.clear()
            self.ends = False
        return sent

    def receive(self) -> End | None:
        """Hear what has come; how the server has ended the connection, if it has."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return End.RESET
        if not data:
            return End.RESET if self._cut else End.FIN
        heard = self.heard
        self.astray = self.astray or self.wanted[len(heard.data) : len(heard.data) + len(data)] != data
        heard.data += data
        heard.after.append((len(heard.data), len(heard.said)))
        return None
