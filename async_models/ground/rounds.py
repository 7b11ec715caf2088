"""What the three libraries' listeners share: looking after the clients they have, at intervals, from a task of the loop.

A conversation that waits for input is hung up on when its deadline has passed, and at the stop as soon as it is idle: its
`hang_up` is cancellation, in the library's own idiom. When the grace is over, `cut_off` ends the rest.
"""

import logging
import math
import socket
import time
from abc import abstractmethod
from contextlib import suppress
from typing import Generic, Self, TypeVar, cast

from async_models.ground.forker import Forker
from async_models.ground.signals import is_echo
from models.ground import listener, peer
from models.ground.conversation import Service
from models.ground.watch import DRAIN_TICK, TICK, end_at_once, is_over

__all__ = ["Listener", "Peer", "Rounds"]

log = logging.getLogger("models")


class Peer(peer.Peer):
    """What every library's peer adds to a client."""

    __slots__ = ()

    @abstractmethod
    def cut_off(self) -> None:
        """End it now, whatever is under way."""

    def sever(self) -> None:
        """Cut a plain socket off: whoever waits for it, to read or to write, finds that it is over."""
        self._give_up()
        with suppress(OSError):  # it has gone already
            self.connection.shutdown(socket.SHUT_RDWR)


P = TypeVar("P", bound=Peer)


class Listener(listener.Listener, Generic[P]):
    """What every library's listener adds. Its peers are of its `peer_type`.

    forker: the process that clients are handed over to, in a model that has one.
    """

    forker: Forker | None = None
    _signalled = False
    _stopping = False

    @classmethod
    def of(cls, host: listener.Listener) -> Self:
        """The same listening socket, for a loop; to be used instead of `host`, in a child as a rule."""
        other = cls(host.socket, host.backlog, host.path)
        other.limit, other.grace = host.limit, host.grace
        return other

    def accept(self, service: Service) -> P | None:
        return cast("P | None", super().accept(service))

    def take_over(self, descriptor: int, service: Service) -> P:
        """The client behind a descriptor that was handed to this process."""
        return cast("P", self.adopt(descriptor, service))

    def heed(self, number: int) -> None:
        """A signal has come: stop, and at the second one end at once."""
        if is_echo(number):
            return
        if self._signalled:
            self.end_at_once(number)
        self._signalled = True
        log.info("stopping")
        self.stop()

    def stop(self) -> None:
        if self._stopping:  # by a signal and by the parent's end
            return
        self._stopping = True
        super().stop()
        if self.forker is not None:
            self.forker.stop()
        self.wake()

    @abstractmethod
    def wake(self) -> None:
        """The stop has come: end all waiting for clients, in the library's own idiom."""

    def end_at_once(self, number: int) -> None:
        """At the second signal: end this process and its children without another word."""
        if self.forker is not None:
            self.forker.kill()
        end_at_once(number)


class Rounds:
    """Looks at the peers of a listener; call `make` every `interval` seconds."""

    def __init__(self, host: listener.Listener) -> None:
        self._host = host
        self._before: set[peer.Peer] = set()
        self._cut_off_at: float | None = None

    @property
    def interval(self) -> float:
        """Seconds until the next round."""
        return TICK if self._host.open else DRAIN_TICK

    def make(self) -> None:
        """Hang up on those who are over; cut off all that are left when the grace is.

        Over in two rounds running: what the loop has read and its task has not yet seen is seen in between.
        """
        stopping = not self._host.open
        # A library closes the socket some turns before the task that serves it ends: then there is nothing left to ask of it.
        here = (each for each in self._host.peers if each.connection.fileno() >= 0)
        over = {each for each in here if is_over(each, stopping=stopping)}
        for each in over & self._before:
            each.hang_up()
        self._before = over
        if stopping and self._cut_off_at is None:
            self._cut_off_at = time.monotonic() + self._host.grace
        if self._cut_off_at is not None and time.monotonic() > self._cut_off_at:
            self._cut_off_at = math.inf  # once is enough
            log.warning("%d clients cut off after %g s", len(self._host.peers), self._host.grace)
            for each in list(self._host.peers):
                assert isinstance(each, Peer)
                each.cut_off()
