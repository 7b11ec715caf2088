"""What a loop of asyncore waits for, in one descriptor: an epoll that is told what changed.

An epoll is itself readable while one of its descriptors is ready (epoll(7)): one `anyio.wait_readable` waits for them all.
"""

import select
import selectors
import weakref
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

__all__ = ["Interest", "Want", "interest"]


class Want(NamedTuple):
    """What is to be waited for on a descriptor: flags as for poll(2), and the object that owns the file behind the number."""

    flags: int
    owner: object


class Interest(Protocol):
    """The descriptors that are waited for."""

    def tell(self, wanted: Mapping[int, Want]) -> None:
        """Wait for these from now on, and for no others."""

    def forget(self) -> None:
        """Start anew: nothing is waited for."""

    def fileno(self) -> int:
        """The descriptor that is readable while one of those waited for is ready."""

    def close(self) -> None:
        """Give the descriptor back."""


class Epoll:
    """Interest as an epoll. A system call for each change, none for what stays as it was.

    A number whose file was closed and opened again is a new registration: the owner of the file tells. A closed file that lives
    on elsewhere, as a duplicate or in a forked child, is reported for ever and cannot be taken out (epoll(7), "Questions and
    answers"): then `forget`.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._told: dict[int, tuple[int, Callable[[], object]]] = {}  # flags; the owner, unless it is gone

    def tell(self, wanted: Mapping[int, Want]) -> None:
        told = self._told
        for descriptor in told.keys() - wanted.keys():
            del told[descriptor]
            try:
                self._epoll.unregister(descriptor)
            except OSError:  # closed, and so gone from the epoll
                pass
        for descriptor, (flags, owner) in wanted.items():
            before = told.get(descriptor)
            if before is None:
                self._register(descriptor, flags)
            elif before[0] != flags or before[1]() is not owner:
                self._modify(descriptor, flags)
            else:
                continue
            told[descriptor] = flags, _remembered(owner)

    def _register(self, descriptor: int, flags: int) -> None:  # poll(2) and epoll number their flags alike
        try:
            self._epoll.register(descriptor, flags)
        except FileExistsError:
            self._epoll.modify(descriptor, flags)

    def _modify(self, descriptor: int, flags: int) -> None:
        try:
            self._epoll.modify(descriptor, flags)
        except FileNotFoundError:  # another file by now
            self._epoll.register(descriptor, flags)

    def forget(self) -> None:
        self._epoll.close()
        self._epoll = select.epoll()
        self._told.clear()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def close(self) -> None:
        self._epoll.close()


class Selectors:
    """Interest where there is no epoll: the system's selector (kqueue), filled anew for each wait. Urgent data end no wait."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def tell(self, wanted: Mapping[int, Want]) -> None:
        self.forget()
        for descriptor, want in wanted.items():
            events = selectors.EVENT_READ if want.flags & select.POLLIN else 0
            events |= selectors.EVENT_WRITE if want.flags & select.POLLOUT else 0
            if events:
                self._selector.register(descriptor, events)

    def forget(self) -> None:
        self._selector.close()
        self._selector = selectors.DefaultSelector()

    def fileno(self) -> int:
        return int(self._selector.fileno())

    def close(self) -> None:
        self._selector.close()


def _remembered(owner: object) -> Callable[[], object]:
    """Gives the object as long as it lives; if it can be so, without keeping it alive: who forgets to close a socket may."""
    try:
        return weakref.ref(owner)
    except TypeError:
        return lambda: owner


def interest() -> Interest:
    """The best that this system has."""
    return Epoll() if hasattr(select, "epoll") else Selectors()
