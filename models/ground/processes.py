"""Children: forking them, collecting them, stopping them. For the models that serve with processes.

A process with threads must not fork (a lock held by another thread stays locked for ever in the child; Python 3.12
warns), so a parent has no watch thread. It waits for signals and clients together, on the bell that
`watch.signal_bell` makes. Its children have one each, whose bell is a lifeline: one socket pair whose far end the
parent alone holds. When the parent stops, or is killed, all of them see its end; no pid is signalled that might have
been reused, and no orphan stays behind.
"""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from models.ground.listener import Listener
from models.ground.peer import Peer
from models.ground.watch import STOPPING, Watch, end_at_once, signal_bell, stops_heard

__all__ = ["HELD", "Children", "Lifeline", "live", "signals_held"]

HELD = (*STOPPING, signal.SIGCHLD)
AGAIN = 1.0  # seconds until a process that could not be started is tried again

log = logging.getLogger("models")


@contextmanager
def signals_held() -> Iterator[None]:
    """In a parent, around fork: signals wait.

    A child is born with its parent's handlers and bell. A Ctrl-C that reached it before `Lifeline.hold` would ring twice in its
    parent, whose second signal means: end at once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)


class Lifeline:
    """What ties children to their parent: its far end is the parent's alone, and its end is the children's signal to stop."""

    def __init__(self) -> None:
        self._near_end, self._far_end = socket.socketpair()

    def hold(self, listener: Listener) -> None:
        """In a child: serve until the parent cuts the line or dies, or SIGTERM comes (systemd sends it to every process)."""
        Watch(listener, self.take(), signal_bell(signal.SIGTERM)).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)

    def take(self) -> socket.socket:
        """In a child that has a watch of its own: what ends with the parent. SIGTERM is still held back then."""
        self._far_end.close()
        signal.set_wakeup_fd(-1)  # the parent's
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent passes it on
        return self._near_end

    def cut(self) -> None:
        """In the parent: have the children stop."""
        self._far_end.close()


class Children:
    """The children of this process, each with what to call when it has ended. Main thread only.

    listener: stopped when SIGINT or SIGTERM arrives; a second one kills the children and ends this process at once.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._ended: dict[int, Callable[[], object]] = {}
        self._missing: list[Callable[[], None]] = []
        self._again_at = 0.0
        self._lifeline = Lifeline()
        self._bell = signal_bell(*STOPPING, signal.SIGCHLD)

    def __len__(self) -> int:
        return len(self._ended) + len(self._missing)

    def begin(self, fork: Callable[[], None]) -> None:
        """Fork; where there can be no more processes, as soon as there can: the others serve meanwhile."""
        try:
            fork()
        except OSError as error:
            log.warning("no process: %s", error.strerror)
            self._missing.append(fork)
            self._again_at = time.monotonic() + AGAIN

    def fork(
        self,
        work: Callable[[], None],
        *,
        ended: Callable[[], object],
        peer: Peer | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Run `work` in a child; call `ended` here when it has gone. Raises OSError when there can be no more (fork(2)).

        peer: the client that the child serves, and no other. listener: the one that it serves, if it is not this process's.
        """
        host = listener or self._listener

        def watched() -> None:
            if peer is not None:
                host.leave_to_parent(peer)
            self._lifeline.hold(host)
            work()

        self._fork(watched, ended)

    def fork_loop(self, work: Callable[[socket.socket], None], *, ended: Callable[[], object]) -> None:
        """Run `work` in a child that looks after itself, from its own loop: it is given what ends with this process."""
        self._fork(lambda: work(self._lifeline.take()), ended)

    def wait(self, *, accepting: bool = True) -> bool:
        """Sleep until a client waits (if this process is `accepting`), a child has ended or a signal came; True for a client.

        Children that have ended are collected before it returns: there are no zombies.
        """
        sources: list[socket.socket | Listener] = [self._bell]
        if accepting and self._listener.wanted:
            sources.append(self._listener)
        ready, _, _ = select.select(sources, [], [], self._patience())
        if self._missing and time.monotonic() >= self._again_at:
            missing, self._missing = self._missing, []
            for fork in missing:
                self.begin(fork)
        if self._bell in ready:
            self._bell.recv(4096)
            for number in stops_heard():
                self._stop(number)
            self._collect()
        return self._listener in ready

    def _patience(self) -> float | None:
        """Seconds until accepting, or a process, is to be tried again."""
        seconds = self._listener.patience
        if not self._missing:
            return seconds
        left = max(0.0, self._again_at - time.monotonic())
        return left if seconds is None else min(seconds, left)

    def _stop(self, number: int) -> None:
        if not self._listener.open:
            for pid in self._ended:
                os.kill(pid, signal.SIGKILL)
            end_at_once(number)
        log.info("stopping")
        self._missing.clear()
        self._listener.stop()
        self._lifeline.cut()

    def _collect(self) -> None:
        while self._ended:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if status != 0:
                log.warning("child %d ended with %s", pid, _in_words(status))
            self._ended.pop(pid)()

    def _fork(self, work: Callable[[], None], ended: Callable[[], object]) -> None:
        with signals_held():
            pid = os.fork()
            if pid == 0:
                self._bell.close()
                live(work)
        self._ended[pid] = ended


def live(work: Callable[[], None]) -> NoReturn:
    """Be a child: do the work and end, whatever happens; nothing of the parent's may run."""
    status = 1
    try:
        work()
        status = 0
    except Exception:
        log.exception("child %d failed", os.getpid())
    finally:
        os._exit(status)


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"status {code}" if code >= 0 else signal.Signals(-code).name
