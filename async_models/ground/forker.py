"""A process that forks a child for each client, for a parent with a loop: a loop that runs must not be forked.

A child would inherit the loop's poller and its wakeup descriptor, and share both with its parent. So the forker is forked
before the loop begins; it is handed each connection by descriptor (SCM_RIGHTS, unix(7)), and forks for it, as
multiprocessing's forkserver does.
"""

import logging
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from models.ground.listener import Listener
from models.ground.peer import Peer
from models.ground.processes import Lifeline, live, signals_held
from models.ground.watch import signal_bell

__all__ = ["Forker"]

ORDER = struct.Struct("=Q")  # a client's number: here is its connection; the answer: its child has ended
REFUSED = struct.Struct("=Qi")  # its number, and why there is no child for it (errno)
STOP = b"stop"
KILL = b"kill"

log = logging.getLogger("models")


class Forker:
    """A process that forks a child for each connection it is handed, as seen by the one that hands them over.

    socket: readable when there is something to `collect`, writable when it is the time to `hand_over`.
    """

    def __init__(self, listener: Listener, work: Callable[[int, socket.socket], None]) -> None:
        """Fork it. work: what a child does with the descriptor of its connection and its lifeline."""
        self.socket, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._clients: dict[int, Peer] = {}
        self._last = 0
        self._stopping = False
        with signals_held():
            self._pid = os.fork()
            if self._pid == 0:
                self.socket.close()
                live(partial(_fork_on_order, far_end, listener, work))
        far_end.close()

    def hand_over(self, peer: Peer) -> None:
        """Give the client to a child of its own; here it counts as served until that has ended."""
        self._last += 1
        self._clients[self._last] = peer
        socket.send_fds(self.socket, [ORDER.pack(self._last)], [peer.descriptor])
        peer.connection.close()

    def collect(self) -> bool:
        """Take one report: a client's child has ended, or there was none to be had. False when the forker itself has ended."""
        report = self.socket.recv(64)
        if not report:
            for peer in self._clients.values():
                peer.close()
            if not self._stopping:
                log.error("the process that forks has died")
            return False
        if len(report) == REFUSED.size:
            number, error = REFUSED.unpack(report)
            self._clients.pop(number).refuse(f"no process for it: {os.strerror(error)}")
        else:
            self._clients.pop(*ORDER.unpack(report)).close()
        return True

    def stop(self) -> None:
        """Have the children stop: each conversation comes to its end."""
        self._stopping = True
        with suppress(OSError):  # it has died
            self.socket.send(STOP)

    def kill(self) -> None:
        """End the children at once, and return when they and the forker have gone."""
        with suppress(OSError):  # it has gone already
            self.socket.send(KILL)
            while self.socket.recv(64):
                pass

    def close(self) -> None:
        """Wait for it to end, once its last child has."""
        self.socket.close()
        os.waitpid(self._pid, 0)


def _fork_on_order(orders: socket.socket, listener: Listener, work: Callable[[int, socket.socket], None]) -> None:
    listener.close()
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent's affair, whose end is heard of here; children have their own
        signal.signal(number, signal.SIG_IGN)
    bell = signal_bell(signal.SIGCHLD)
    lifeline = Lifeline()
    children: dict[int, int] = {}
    hearing = True
    while hearing or children:
        ready, _, _ = select.select([bell, orders] if hearing else [bell], [], [])
        if bell in ready:
            bell.recv(4096)
            while children:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                with suppress(OSError):  # the parent has died
                    orders.send(ORDER.pack(children.pop(pid)))
        if orders not in ready:
            continue
        order, descriptors, _, _ = socket.recv_fds(orders, 64, 1)
        if order == KILL:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            return
        if order in (STOP, b""):  # b"": the parent has died
            lifeline.cut()
            hearing = order == STOP
            if order == STOP and not children:
                return
            continue
        (client,) = ORDER.unpack(order)
        try:
            children[_fork(partial(work, descriptors[0]), lifeline, bell, orders)] = client
        except OSError as error:
            orders.send(REFUSED.pack(client, error.errno))
        os.close(descriptors[0])


def _fork(work: Callable[[socket.socket], None], lifeline: Lifeline, *ours: socket.socket) -> int:
    with signals_held():
        pid = os.fork()
        if pid == 0:
            for sock in ours:
                sock.close()
            live(lambda: work(lifeline.take()))
    return pid
