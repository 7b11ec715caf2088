"""Stopping and deadlines: one thread that waits for signals and looks at the clock, so that no model has to.

The trouble with signals: a Python handler runs between two bytecodes of the main thread. A signal that arrives after
the last check and before the system call leaves the call asleep and the handler waiting for it, perhaps for ever
(cpython#74224 is of that family). What is written to the wakeup descriptor (signal.set_wakeup_fd) is written by the C
handler at once, so a thread that reads it always learns of the signal, whatever the main thread is asleep in.

Kernel fact, then consequence: shutting down the read side of a socket is remembered by the socket. So a model that is
asleep in accept, recv, select, poll, epoll or io_uring wakes, one that is about to fall asleep does not, and the
conversation sees the end of its input and ends through its ordinary path. No model has a flag, a timer or a self-pipe
of its own.
"""

import array
import fcntl
import logging
import os
import select
import signal
import socket
import struct
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import FrameType

from models.ground.listener import Listener
from models.ground.peer import Peer

__all__ = ["STOPPING", "Watch", "end_at_once", "hold_signals", "is_over", "on_stop", "signal_bell", "stops_heard"]

STOPPING = (signal.SIGINT, signal.SIGTERM)
TICK = 1.0  # seconds between two looks at the deadlines
DRAIN_TICK = 0.02  # seconds between two looks for conversations that have become idle, while stopping
LULL = 0.25  # seconds of silence after which a client is taken to have said all: longer than TCP's shortest retransmission, 0.2
LAST_DATA_RECEIVED = struct.Struct("52xI")  # of struct tcp_info (linux/tcp.h): milliseconds since data last came

log = logging.getLogger("models")
_bells: list[socket.socket] = []  # kept open: the C handler writes to them as long as the process lives
_stops: deque[int] = deque()


def signal_bell(*signals: int) -> socket.socket:
    """A socket that receives one byte, its number, for each of `signals` that arrives. Main thread only."""
    bell, ringer = socket.socketpair()
    ringer.setblocking(False)
    signal.set_wakeup_fd(ringer.detach(), warn_on_full_buffer=False)
    _bells.append(bell)
    for number in signals:
        signal.signal(number, _heard)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    return bell


def stops_heard() -> Iterator[int]:
    """Each SIGINT and SIGTERM that the bell has rung for. Main thread only: it has run the handlers when it sees the bell.

    A bell holds some 270 bytes, for each is a buffer of its own: in a storm of other signals there may be no room for theirs.
    """
    while _stops:
        yield _stops.popleft()


def hold_signals() -> None:
    """Keep SIGINT and SIGTERM pending until `signal_bell` or `on_stop` is called: none may come too early to be heard."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def on_stop(handler: Callable[[int, FrameType | None], None]) -> None:
    """Call `handler` for SIGINT and SIGTERM: for a main thread that is awake often enough."""
    for number in STOPPING:
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def end_at_once(number: int) -> None:
    """End this process without another word, with the status that a shell gives for a signal."""
    log.warning("second signal: ending at once")
    os._exit(128 + number)


class Watch(threading.Thread):
    """Stops a listener and its peers when the bell rings, and hangs up on peers whose deadline has passed.

    bells: readable when it is time to stop: signal numbers (the second one ends the process at once), or the end of
    input, which is how a child learns that its parent stops or has died. What is left `listener.grace` seconds later
    is cut off; the exit status is 0 all the same.
    """

    def __init__(self, listener: Listener, *bells: socket.socket) -> None:
        super().__init__(name="watch", daemon=True)
        self._listener = listener
        self._bells = list(bells)
        self._signalled = False
        self._cut_off_at = 0.0

    def start(self) -> None:
        """Start the thread with every signal blocked: they are the main thread's, in which some model may wait for them."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        super().start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def run(self) -> None:
        while True:
            ringing, _, _ = select.select(self._bells, [], [], TICK if self._listener.open else DRAIN_TICK)
            for bell in ringing:
                self._rung(bell)
            with self._listener.freed:
                for peer in self._listener.peers:
                    if is_over(peer, stopping=not self._listener.open):
                        peer.hang_up()
            if self._cut_off_at and time.monotonic() > self._cut_off_at:
                self._cut_off()

    def _rung(self, bell: socket.socket) -> None:
        numbers = bell.recv(4096)
        if not numbers:
            self._bells.remove(bell)
            self._stop()
        for number in numbers:
            if self._signalled:
                end_at_once(number)
            self._signalled = True
            log.info("stopping")
            self._stop()

    def _stop(self) -> None:
        if not self._cut_off_at:
            self._cut_off_at = time.monotonic() + self._listener.grace
            self._listener.stop()

    def _cut_off(self) -> None:
        with self._listener.freed:
            left = len(self._listener.peers)
        if left:
            log.warning("%d clients cut off after %g s", left, self._listener.grace)
        self._listener.unlink()  # the socket itself stays open to the end: the model may be about to touch it
        os._exit(0)


def is_over(peer: Peer, *, stopping: bool) -> bool:
    """Whether it is time to hang up: its deadline has passed, or it is idle at the stop."""
    deadline = peer.conversation.deadline
    if deadline is not None and time.monotonic() > deadline:
        return True
    return stopping and _is_idle(peer)


def _is_idle(peer: Peer) -> bool:
    """Whether all that was received is answered, the answer has arrived, and no more has come for a while.

    Only then may the read side be shut down: data that comes after that is reset once our FIN has gone, and the reset
    would destroy replies still on their way (RFC 1122, 4.2.2.13). A busy conversation is left to go on until it is
    idle or the grace is over.
    """
    return (
        not peer.conversation.unsent
        and not _pending(peer, termios.FIONREAD)
        and not _pending(peer, termios.TIOCOUTQ)
        and _silence(peer) >= LULL
    )


def _silence(peer: Peer) -> float:
    """Seconds since data last came from the client; LULL where the kernel does not tell."""
    try:
        information = peer.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECEIVED.size)
        return float(LAST_DATA_RECEIVED.unpack(information)[0]) / 1000
    except (OSError, AttributeError, struct.error):  # a Unix socket, a connection that has gone, not Linux
        return LULL


def _pending(peer: Peer, request: int) -> int:
    """Bytes that wait in the kernel: received and not read (FIONREAD), or sent and not acknowledged (TIOCOUTQ); tcp(7)."""
    count = array.array("i", [0])
    try:
        fcntl.ioctl(peer.connection, request, count)
    except OSError:  # the connection has gone, or this system cannot say
        return 0
    return count[0]


def _heard(number: int, _frame: object) -> None:
    """The signal is dealt with by whoever hears the bell."""
    if number in STOPPING:
        _stops.append(number)
