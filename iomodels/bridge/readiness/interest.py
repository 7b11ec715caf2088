"""The kernel's list: an epoll whose descriptors stay in it between waits, and the bell that rings for it.

An epoll keeps open files, not numbers (epoll(7), "Questions and answers"). A descriptor that is closed leaves the list with its
open file: at once, or, where a copy lives on (dup, a forked child), not yet; then it goes on reporting a number that is
nobody's, or by then another's, and nothing can take it out. So what was closed before it was taken out is remembered as lost, a
report of a lost number is not believed, and where one cannot be true the list is made anew.
"""

import errno
from collections.abc import Collection, Iterable

from iomodels.bridge.readiness.bell import Bell
from iomodels.bridge.readiness.kernel import EDGE, Event, Kernel, kernel

__all__ = ["Interest"]

FEW = 16  # lost descriptors that are not worth a new list


class Interest:
    """Descriptors, and what is waited for at each."""

    def __init__(self, what: str) -> None:
        """what: the object that waits, for messages."""
        self.told: dict[int, int] = {}  # what the kernel was told: descriptors and masks
        self.lost: set[int] = set()  # closed before they were taken out
        self.edged: set[int] = set()  # those that report what was not asked for, and would do so without end
        self.bell = Bell(what)
        self.kernel = self._anew()

    def _anew(self) -> Kernel:
        self.kernel = kernel()
        self.bell.watch(self.kernel)
        return self.kernel

    def add(self, fd: int, mask: int) -> None:
        """Put a descriptor in; OSError if it is closed (EBADF) or always ready (EPERM: a file on a disk)."""
        try:
            self.kernel.register(fd, mask)
        except FileExistsError:  # its copy is in, under a number that was lost, and is its own again
            self.kernel.modify(fd, mask)
        self.told[fd] = mask

    def change(self, fd: int, mask: int) -> None:
        """Wait for something else at a descriptor; OSError if it was closed (EBADF), or is another file by now (ENOENT)."""
        self.kernel.modify(fd, mask)
        self.told[fd] = mask

    def drop(self, fd: int) -> None:
        """Take a descriptor out; it may have been closed."""
        self.told.pop(fd, None)
        self.edged.discard(fd)
        try:
            self.kernel.unregister(fd)
        except (OSError, ValueError):  # ValueError: the epoll is closed
            self.lost.add(fd)

    def want(self, wanted: dict[int, int], doubtful: Collection[int]) -> None:
        """Wait for these masks at these descriptors, and for no others; what the kernel knows already it is not told again.

        doubtful: the numbers of which it is not certain that they are the open files that they were: they are told in any case.
        What is closed or always ready is left out: it is not waited for.
        """
        if self.bell.watched in wanted:
            raise OSError(errno.EBADF, "Bad file descriptor")  # ours: the program closed what had the number before
        if wanted != self.told:
            for fd in self.told.keys() - wanted.keys():
                self.drop(fd)
            for fd, mask in wanted.items():
                if self.told.get(fd) != mask:
                    self._tell(fd, mask)
        if doubtful:
            self._confirm([fd for fd in doubtful if fd in self.told])
        if len(self.lost) > max(FEW, len(self.told)):
            self.rebuild()

    def _confirm(self, numbers: list[int]) -> None:
        masks = [self.told[fd] | (EDGE if fd in self.edged else 0) for fd in numbers]
        try:
            any(map(self.kernel.modify, numbers, masks))  # each gives None, so all are
        except OSError:
            for fd in numbers:
                self._tell(fd, self.told[fd])

    def _tell(self, fd: int, mask: int) -> None:
        self.edged.discard(fd)
        try:
            if fd in self.told:
                try:
                    self.change(fd, mask)
                    return
                except FileNotFoundError:
                    self.lost.add(fd)
            self.add(fd, mask)
        except OSError as error:
            if error.errno not in (errno.EBADF, errno.EPERM):
                raise
            if self.told.pop(fd, None) is not None:
                self.lost.add(fd)

    def collect(self) -> list[Event]:
        """What is ready now."""
        return self.kernel.poll(0, len(self.told) + len(self.lost) + 1)

    def settle(self, events: Iterable[Event]) -> None:
        """After reports by which nothing that is waited for is ready: they shall not come again without a cause.

        Either they are of a file that should not be in the list, or of EPOLLHUP and EPOLLERR, which come unasked; those are
        reported once each time they happen from here on.
        """
        numbers = {fd for fd, _ in events}
        if not self.lost.isdisjoint(numbers) or not numbers <= self.told.keys():
            self.rebuild()
        elif numbers := numbers - self.edged:
            self.edged |= numbers
            self._confirm(list(numbers))

    def rebuild(self) -> None:
        """Make the list anew, without what cannot be taken out of it."""
        self._anew()
        self.lost.clear()
        self.edged.clear()
        for fd, mask in self.told.items():
            try:
                self.kernel.register(fd, mask)
            except OSError:  # closed: what was waited for at it will not come
                self.lost.add(fd)
