"""The recorder: a relay that hands bytes on as they are, and notes what it saw.

One thread, epoll (poll where there is none), two sockets a connection. What one side cannot take yet is bounded: its other
side is not read on meanwhile, so that a slow reader slows the writer down as it did before, later by what the relay's own
socket buffers hold. An end of input and a reset are passed on as what they are; what lies unread here when a side resets is
lost, as it would be in a network. That data is urgent (MSG_OOB) is not passed on.
"""

import contextlib
import errno
import select
import socket
from collections.abc import Sequence
from typing import Any

from iomodels.replay.recording import Kind
from iomodels.replay.side import CHUNK, CLIENT, IN, MUTED, OUT, RESET, SERVER, Gone, Side, send
from iomodels.replay.sink import Sink

__all__ = ["Relay"]

ACCEPTS = 64  # clients taken in one turn, so that those that are here have theirs
LAST = 100  # turns at the most, after the stop, for what had come before it
RETRY = 0.5  # seconds after which accepting is tried again although no descriptor of ours came free


class Relay:
    """Relays connections to `upstream` and notes them in `sink`, until `stop` is called.

    listener: where clients come; `run` closes it. upstream: a numeric address, and a port. A client of an upstream that cannot
    be reached is reset.
    """

    def __init__(self, listener: socket.socket, upstream: tuple[str, int], sink: Sink) -> None:
        self._listener, self._upstream, self._sink = listener, upstream, sink
        self._family = socket.AF_INET6 if ":" in upstream[0] else socket.AF_INET
        self._poller: Any = select.epoll() if hasattr(select, "epoll") else select.poll()
        self._unit = 1 if hasattr(select, "epoll") else 1000  # epoll waits seconds, poll milliseconds
        self._wake, self._woken = socket.socketpair()
        self._sides: dict[int, Side] = {}
        self._spare: socket.socket | None = None  # for the next client's upstream
        self._waits = False  # for a descriptor
        self._stopping = False

    def stop(self) -> None:
        """End: no new connections; those that there are, are cut off. From a signal handler or another thread."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def run(self) -> None:
        """Relay, until stopped. Raises OSError when the record cannot be written."""
        self._listener.setblocking(False)
        self._poller.register(self._listener, IN)
        self._poller.register(self._woken, IN)
        try:
            while not self._stopping:
                self._turn(self._poller.poll(RETRY * self._unit if self._waits else None))
                self._sink.flush()
            self._finish()
            self._sink.close()
        finally:
            for side in self._sides.values():
                side.sock.close()
            for sock in (self._listener, self._wake, self._woken, self._spare):
                if sock is not None:
                    sock.close()
            if hasattr(self._poller, "close"):
                self._poller.close()

    def _finish(self) -> None:
        """Attend to what had come before the stop."""
        self._poller.unregister(self._listener)
        self._poller.unregister(self._woken)
        for _ in range(LAST):
            ready = self._poller.poll(0)
            if not ready:
                break
            self._turn(ready)

    def _turn(self, ready: Sequence[tuple[int, int]]) -> None:
        accepting = self._waits
        for descriptor, events in ready:
            side = self._sides.get(descriptor)
            if side is not None:
                self._attend(side, events)
            else:
                accepting = accepting or descriptor == self._listener.fileno()
        if accepting and not self._stopping:  # last: a new connection may have the descriptor of one that has just been closed
            self._accept()

    def _accept(self) -> None:
        for _ in range(ACCEPTS):
            try:
                # The upstream's socket comes first, so that no client is accepted whom nothing can be done for.
                self._spare = self._spare or socket.socket(self._family)
                client, _ = self._listener.accept()
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._wait_for_descriptors(True)  # clients wait in the backlog
                    return
                continue  # the client is gone already (accept(2), Error handling)
            server, self._spare = self._spare, None
            self._open(client, server)
        self._wait_for_descriptors(False)

    def _wait_for_descriptors(self, wait: bool) -> None:
        if wait is not self._waits:
            self._waits = wait
            self._poller.modify(self._listener, 0 if wait else IN)

    def _open(self, client: socket.socket, server: socket.socket) -> None:
        number = self._sink.connections + 1
        near, far = Side(client, number, CLIENT), Side(server, number, SERVER)
        near.other, far.other = far, near
        self._sink.note(number, Kind.OPEN)
        self._sides[near.descriptor], self._sides[far.descriptor] = near, far
        try:
            server.connect(self._upstream)
        except BlockingIOError:
            far.connecting = True
        except OSError:
            self._reset(far)
            return
        self._watch(near)
        self._watch(far)

    def _watch(self, side: Side) -> None:
        """Wait for what can be done with a side; a reset is told in any case."""
        wanted = side.interest
        if wanted != side.mask:
            if side.mask == MUTED:
                self._poller.register(side.descriptor, wanted)
            else:
                self._poller.modify(side.descriptor, wanted)
            side.mask = wanted

    def _attend(self, side: Side, events: int) -> None:
        try:
            if side.connecting or not events & side.mask:
                self._look(side)
                return
            if events & side.mask & OUT:
                send(side, side.unsent)
                self._move_on(side.other)
            elif events & side.mask & IN:
                self._receive(side)
        except Gone as gone:
            self._reset(gone.side)

    def _look(self, side: Side) -> None:
        """Something is told that was not asked for: a connection is made, or is no more."""
        if side.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise Gone(side)
        if side.connecting:
            side.connecting = False
            self._watch(side)
            self._watch(side.other)
        else:  # POLLHUP: both directions have ended, and something of it is still to be read, which is not the time for now
            self._poller.unregister(side.descriptor)
            side.mask = MUTED

    def _receive(self, side: Side) -> None:
        try:
            data = side.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone(side) from error
        if data:
            self._sink.note(side.number, side.sent, data)
            send(side.other, memoryview(data))
            if side.other.unsent:
                self._watch(side.other)
                self._watch(side)
        else:
            side.ended = True
            self._sink.note(side.number, side.eof)
            self._move_on(side)

    def _move_on(self, side: Side) -> None:
        """A side has ended, or the other has taken some of what it said: pass its end on when all before it has been."""
        other = side.other
        if side.ended and not other.unsent and not other.shut:
            other.shut = True
            with contextlib.suppress(OSError):  # ENOTCONN: it has reset the connection, which is told in a moment
                other.sock.shutdown(socket.SHUT_WR)
        if side.shut and other.shut:
            self._close(side)
        else:
            self._watch(side)
            self._watch(other)

    def _reset(self, side: Side) -> None:
        """A side has reset the connection, or could not be reached: the other is told in the same way."""
        self._last_words(side)
        self._sink.note(side.number, side.reset)
        side.other.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._close(side)

    def _last_words(self, side: Side) -> None:
        """Hand on what a side had said before its reset, which may have been met in a send, as far as the other takes it at
        once."""
        with contextlib.suppress(OSError, Gone):
            while not side.other.unsent and (data := side.sock.recv(CHUNK)):
                self._sink.note(side.number, side.sent, data)
                send(side.other, memoryview(data))

    def _close(self, side: Side) -> None:
        self._sink.note(side.number, Kind.CLOSE)
        for each in (side, side.other):
            del self._sides[each.descriptor]
            if each.mask != MUTED:
                self._poller.unregister(each.descriptor)
            each.sock.close()
