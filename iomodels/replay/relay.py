"""The recorder: a relay that hands bytes on as they are, and writes down what it saw.

One thread, epoll, two sockets a connection. What one side cannot take yet is bounded: its other side is not read on meanwhile, so a
slow reader slows the writer down as it did before. An end of input and a reset are passed on as what they are.
"""

import contextlib
import errno
import re
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from typing import IO

from iomodels.replay.recording import Event, Kind, blotted, header, line_of

__all__ = ["Relay"]

CHUNK = 64 * 1024  # bytes of a read; what is unsent of it is all that is kept of one direction
BACKLOG = 1024
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close sends RST (socket(7))


class _Reset(Exception):  # noqa: N818 - what a peer has done
    """A side has reset the connection, or could not be reached."""

    def __init__(self, side: "_Side") -> None:
        super().__init__()
        self.side = side


class _Side:
    """One socket of a pair. unsent: what it has not taken yet of the other's. ended: its end of input has come."""

    def __init__(self, sock: socket.socket, sent: Kind, eof: Kind, reset: Kind) -> None:
        self.sock = sock
        self.sent, self.eof, self.reset = sent, eof, reset
        self.unsent = memoryview(b"")
        self.ended = False
        self.shut = False  # the other's end has been passed on to it
        self.interest = 0
        self.connecting = False


class _Pair:
    def __init__(self, number: int, client: _Side, server: _Side) -> None:
        self.number = number
        self.client, self.server = client, server

    def other(self, side: _Side) -> _Side:
        return self.server if side is self.client else self.client


class Relay:
    """Relays connections to `upstream` and records them in `file`, until `stop` is called.

    listener: where clients come; it is closed by `run`. blots: what is blotted out of the record, never of the traffic; a match
    that lies across two reads is not seen.
    """

    def __init__(
        self,
        listener: socket.socket,
        upstream: tuple[str, int],
        file: IO[str],
        blots: Sequence[re.Pattern[bytes]] = (),
    ) -> None:
        self._listener, self._upstream, self._file, self._blots = listener, upstream, file, blots
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._started: float | None = None
        self._stopping = False
        self.connections = 0
        file.write(header(f"{upstream[0]}:{upstream[1]}", [blot.pattern.decode() for blot in blots]) + "\n")

    def stop(self) -> None:
        """End: no new connections; those that there are, are cut off. From a signal handler or another thread."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def run(self) -> None:
        """Relay, until stopped."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        try:
            while not self._stopping:
                for key, events in self._selector.select():
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.data is not None and key.data[1].interest:
                        self._attend(*key.data, events)
        finally:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
            self._selector.close()
            self._wake.close()
            self._file.flush()

    def _note(self, pair: _Pair, kind: Kind, data: bytes = b"") -> None:
        now = time.monotonic()
        if self._started is None:
            self._started = now
        if self._blots and data:
            data = blotted(data, self._blots)
        self._file.write(line_of(Event(now - self._started, pair.number, kind, data)) + "\n")

    def _accept(self) -> None:
        for _ in range(64):
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    return  # it waits in the backlog until a descriptor is free
                continue  # ECONNABORTED: it has gone
            self.connections += 1
            server = socket.socket(socket.AF_INET6 if ":" in self._upstream[0] else socket.AF_INET)
            pair = _Pair(
                self.connections,
                _Side(client, Kind.ASKED, Kind.ASKED_EOF, Kind.ASKED_RESET),
                _Side(server, Kind.ANSWERED, Kind.ANSWERED_EOF, Kind.ANSWERED_RESET),
            )
            self._note(pair, Kind.OPEN)
            for side in (pair.client, pair.server):
                side.sock.setblocking(False)
                side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair.server.connecting = server.connect_ex(self._upstream) == errno.EINPROGRESS
            for side in (pair.client, pair.server):
                self._watch(pair, side)

    def _watch(self, pair: _Pair, side: _Side) -> None:
        """Wait for what can be done with a side: read, when the other has taken all; write, when something is owed to it."""
        other = pair.other(side)
        wanted = 0
        if not side.ended and not other.unsent and not side.connecting and not other.connecting:
            wanted |= selectors.EVENT_READ
        if side.unsent or side.connecting:
            wanted |= selectors.EVENT_WRITE
        if wanted == side.interest:
            return
        if not side.interest:
            self._selector.register(side.sock, wanted, (pair, side))
        elif not wanted:
            self._selector.unregister(side.sock)
        else:
            self._selector.modify(side.sock, wanted, (pair, side))
        side.interest = wanted

    def _attend(self, pair: _Pair, side: _Side, events: int) -> None:
        try:
            if side.connecting:
                side.connecting = False
                if side.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise _Reset(side)
            elif events & selectors.EVENT_WRITE:
                _send(side)
            if events & side.interest & selectors.EVENT_READ:
                self._receive(pair, side)
            _pass_end_on(pair.client, pair.server)
            _pass_end_on(pair.server, pair.client)
        except _Reset as gone:
            self._reset(pair, gone.side)
            return
        if pair.client.shut and pair.server.shut:
            self._close(pair)
        else:
            self._watch(pair, pair.client)
            self._watch(pair, pair.server)

    def _receive(self, pair: _Pair, side: _Side) -> None:
        try:
            data = side.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise _Reset(side) from error
        if not data:
            side.ended = True
            self._note(pair, side.eof)
            return
        self._note(pair, side.sent, data)
        other = pair.other(side)
        other.unsent = memoryview(data)
        _send(other)

    def _reset(self, pair: _Pair, side: _Side) -> None:
        """A side has reset the connection, or could not be reached: the other is told in the same way."""
        self._note(pair, side.reset)
        pair.other(side).sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._close(pair)

    def _close(self, pair: _Pair) -> None:
        self._note(pair, Kind.CLOSE)
        for side in (pair.client, pair.server):
            if side.interest:
                self._selector.unregister(side.sock)
                side.interest = 0
            side.sock.close()


def _send(side: _Side) -> None:
    """Give a side what it is owed, as far as it takes it."""
    try:
        if side.unsent:
            side.unsent = side.unsent[side.sock.send(side.unsent) :]
    except BlockingIOError:
        pass
    except OSError as error:
        raise _Reset(side) from error


def _pass_end_on(side: _Side, far: _Side) -> None:
    """Tell a side that the other has ended, when it has been given all that came before."""
    if far.ended and not side.unsent and not side.shut and not side.connecting:
        side.shut = True
        with contextlib.suppress(OSError):  # ENOTCONN: it has reset the connection meanwhile, which is seen when it is read
            side.sock.shutdown(socket.SHUT_WR)
