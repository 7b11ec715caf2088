"""What `select` keeps of a task between two calls: the lists, as the kernel was told of them.

An epoll is asked instead of select(2), for it costs what is ready, not what is listed. Two things are not left to it. Lists
that differ from those of the call before are first looked through with the standard function, whose answers and exceptions they
get. And a number by itself does not tell whether it is still the open file that it was: it may have been closed and given out
again. Only a socket object does, as long as it lives and says the same number; of all others the kernel is told again before
each wait.
"""

import errno
import select
from collections.abc import Sequence
from operator import call, is_
from typing import Any
from weakref import ref

from iomodels.bridge.readiness.arguments import is_certain, number, sockets_number
from iomodels.bridge.readiness.interest import Interest
from iomodels.bridge.readiness.kernel import Event

__all__ = ["Lists", "Table", "ready_now", "ready_still"]

Lists = tuple[list[Any], list[Any], list[Any]]
Numbers = tuple[list[int], list[int], list[int]]

# What select(2) means by readable, writable and exceptional, in terms of poll(2): its manual page, "Correspondence".
READABLE = select.POLLRDNORM | select.POLLRDBAND | select.POLLIN | select.POLLHUP | select.POLLERR
WRITABLE = select.POLLWRNORM | select.POLLWRBAND | select.POLLOUT | select.POLLERR
EXCEPTIONAL = select.POLLPRI
KINDS = (READABLE, WRITABLE, EXCEPTIONAL)
FD_SETSIZE = 1024  # select(2)


class Table:
    """One task's lists."""

    def __init__(self) -> None:
        self.interest = Interest("select")
        self.numbers: Numbers = ([], [], [])
        self._certain = False  # all are sockets, and none is listed twice
        self._owners: dict[int, ref[Any]] = {}  # of numbers that are certain
        self._objects: list[list[ref[Any]]] = []
        self._places: list[dict[int, int]] = []

    def close(self, _task: object = None) -> None:
        self.interest.bell.close()

    def holds(self, lists: Lists) -> bool:
        """These are the lists of the call before, certainly the same open files, and only the kernel need be asked."""
        if not self._certain or self.interest.edged:
            return False
        for given, objects, numbers in zip(lists, self._objects, self.numbers, strict=True):
            if len(given) != len(objects) or not all(map(is_, map(call, objects), given)):
                return False
            if list(map(sockets_number, given)) != numbers:
                return False
        return True

    def hold(self, lists: Lists) -> None:
        """Tell the kernel of these lists what it does not know."""
        self.numbers = numbers = (_numbers(lists[0]), _numbers(lists[1]), _numbers(lists[2]))
        masks = dict.fromkeys(numbers[0], READABLE)
        for more, kind in zip(numbers[1:], KINDS[1:], strict=True):
            for fd in more:
                masks[fd] = masks.get(fd, 0) | kind
        doubtful = set()
        owners = {}
        for given, fds in zip(lists, numbers, strict=True):
            for each, fd in zip(given, fds, strict=True):
                if is_certain(each):
                    owners[fd] = ref(each)
                    before = self._owners.get(fd)
                    if before is None or before() is not each:
                        doubtful.add(fd)
                else:
                    doubtful.add(fd)
        self.interest.want(masks, doubtful)
        self._owners = owners
        self._certain = owners.keys() >= masks.keys() and all(len(set(fds)) == len(fds) for fds in numbers)
        if self._certain:
            self._objects = [[ref(each) for each in given] for given in lists]
            self._places = [{fd: place for place, fd in enumerate(fds)} for fds in numbers]

    def answer(self, lists: Lists, events: Sequence[Event]) -> Lists | None:
        """What these events mean in the lists that are held; None if that is not certain."""
        if not self._certain:
            return None
        told, lost = self.interest.told, self.interest.lost
        found: list[list[int]] = [[], [], []]
        for fd, event in events:
            if fd in lost or not event & told.get(fd, 0):
                return None
            for places, kind, hits in zip(self._places, KINDS, found, strict=True):
                if event & kind and fd in places:
                    hits.append(places[fd])
        return _pick(lists[0], found[0]), _pick(lists[1], found[1]), _pick(lists[2], found[2])


def _pick(given: list[Any], places: list[int]) -> list[Any]:
    places.sort()
    return [given[place] for place in places]


def _numbers(given: list[Any]) -> list[int]:
    return [number(each) for each in given]


def ready_now(lists: Lists) -> Lists:
    """What is ready, without a wait, as select(2) says it, or poll(2) for more than it can take."""
    try:
        return select.select(*lists, 0)
    except ValueError:
        numbers = [_numbers(given) for given in lists]
        every = [fd for fds in numbers for fd in fds]
        if not every or min(every) < 0 or max(every) < FD_SETSIZE:
            raise
    poll = select.poll()
    masks: dict[int, int] = {}
    for fds, kind in zip(numbers, KINDS, strict=True):
        for fd in fds:
            masks[fd] = masks.get(fd, 0) | kind
    for fd, mask in masks.items():
        poll.register(fd, mask)
    events = dict(poll.poll(0))
    if any(event & select.POLLNVAL for event in events.values()):
        raise OSError(errno.EBADF, "Bad file descriptor")
    read, write, exceptional = (
        [each for each, fd in zip(given, fds, strict=True) if events.get(fd, 0) & kind]
        for given, fds, kind in zip(lists, numbers, KINDS, strict=True)
    )
    return read, write, exceptional


def ready_still(lists: Lists, numbers: Numbers) -> Lists:
    """`ready_now` after a wait, during which another task may have closed some: those are left out, as select(2) would."""
    try:
        return ready_now(lists)
    except (OSError, ValueError):
        read, write, exceptional = (
            [each for each, fd in zip(given, fds, strict=True) if _open(each, fd)]
            for given, fds in zip(lists, numbers, strict=True)
        )
        return ready_now((read, write, exceptional))


def _open(each: Any, fd: int) -> bool:
    try:
        ready_now(([each], [], []))
        return number(each) == fd
    except (OSError, ValueError):
        return False
