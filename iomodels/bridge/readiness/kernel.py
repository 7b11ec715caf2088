"""The kernel's list of descriptors, whose own descriptor can be waited for: an epoll, or what this system has for it."""

import errno
import fcntl
import select
import selectors
from typing import Protocol

__all__ = ["EDGE", "Event", "Kernel", "Portable", "kernel"]

Event = tuple[int, int]  # a descriptor, and what happened, in the bits of poll(2), which are those of epoll
EDGE = getattr(select, "EPOLLET", 0)
HIGH = 600  # below FD_SETSIZE and the usual limit of open files


class Kernel(Protocol):
    """As much of `select.epoll` as is needed."""

    def register(self, fd: int, eventmask: int, /) -> None: ...
    def modify(self, fd: int, eventmask: int, /) -> None: ...
    def unregister(self, fd: int, /) -> None: ...
    def poll(self, timeout: float, maxevents: int, /) -> list[Event]: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


def kernel() -> Kernel:
    """A new one. Its number is one that programs seldom come to: one that still lists a number which it has closed is to be
    told so (EBADF), so let that not be ours."""
    if not hasattr(select, "epoll"):
        return Portable()
    made = select.epoll()
    try:
        number = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError:  # the limit of open files is lower
        return made
    made.close()
    return select.epoll.fromfd(number)


class Portable:
    """The standard selector, kqueue on BSD and macOS, in the words of epoll. It knows nothing of out-of-band data (POLLPRI)."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._closed = False

    def register(self, fd: int, eventmask: int) -> None:
        """Watch a descriptor, or watch it for something else."""
        if self._closed:
            raise ValueError("I/O operation on closed selector object")
        if fd in self._selector.get_map():
            self._selector.unregister(fd)
        events = (eventmask & select.POLLIN and selectors.EVENT_READ) | (eventmask & select.POLLOUT and selectors.EVENT_WRITE)
        if events:
            self._selector.register(fd, events)

    modify = register

    def unregister(self, fd: int) -> None:
        """Watch it no more."""
        if self._closed or fd not in self._selector.get_map():
            raise OSError(errno.ENOENT, "No such descriptor")
        self._selector.unregister(fd)

    def poll(self, timeout: float, maxevents: int) -> list[Event]:  # noqa: ARG002 - it returns all
        """What is ready."""
        if self._closed:
            raise ValueError("I/O operation on closed selector object")
        return [
            (key.fd, (events & selectors.EVENT_READ and select.POLLIN) | (events & selectors.EVENT_WRITE and select.POLLOUT))
            for key, events in self._selector.select(timeout)
        ]

    def fileno(self) -> int:
        """Its own descriptor. ValueError: it is closed."""
        if self._closed:
            raise ValueError("I/O operation on closed selector object")
        return self._selector.fileno()

    def close(self) -> None:
        """Give all up."""
        self._closed = True
        self._selector.close()
