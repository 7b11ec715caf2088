"""What a loop of asyncore waits for, in one descriptor: an epoll that is told what changed.

An epoll is itself readable while one of its descriptors is ready (epoll(7)): one `anyio.wait_readable` waits for them all.
"""

import weakref
from collections.abc import Callable, Mapping
from typing import NamedTuple

from iomodels.bridge.readiness.kernel import kernel

__all__ = ["Interest", "Want"]


class Want(NamedTuple):
    """What is to be waited for on a descriptor: flags as for poll(2), and the object that owns the file behind the number."""

    flags: int
    owner: object


class Interest:
    """The descriptors that are waited for. A system call for each change, none for what stays as it was.

    A number whose file was closed and opened again is a new registration: the owner of the file tells. A closed file that lives
    on elsewhere, as a duplicate or in a forked child, is reported for ever and cannot be taken out (epoll(7), "Questions and
    answers"): then `forget`.
    """

    def __init__(self) -> None:
        self._kernel = kernel()
        self._told: dict[int, tuple[int, Callable[[], object]]] = {}  # flags; the owner, unless it is gone

    def tell(self, wanted: Mapping[int, Want]) -> None:
        """Wait for these from now on, and for no others."""
        told = self._told
        for descriptor in told.keys() - wanted.keys():
            del told[descriptor]
            try:
                self._kernel.unregister(descriptor)
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
            self._kernel.register(descriptor, flags)
        except FileExistsError:
            self._kernel.modify(descriptor, flags)

    def _modify(self, descriptor: int, flags: int) -> None:
        try:
            self._kernel.modify(descriptor, flags)
        except FileNotFoundError:  # another file by now
            self._kernel.register(descriptor, flags)

    def forget(self) -> None:
        """Start anew: nothing is waited for."""
        self._kernel.close()
        self._kernel = kernel()
        self._told.clear()

    def fileno(self) -> int:
        """The descriptor that is readable while one of those waited for is ready."""
        return self._kernel.fileno()

    def close(self) -> None:
        """Give the descriptor back."""
        self._kernel.close()


def _remembered(owner: object) -> Callable[[], object]:
    """Gives the object as long as it lives; if it can be so, without keeping it alive: who forgets to close a socket may."""
    try:
        return weakref.ref(owner)
    except TypeError:
        return lambda: owner
