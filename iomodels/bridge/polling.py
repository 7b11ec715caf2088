"""`poll`: the select module's object, with a `poll` that is awaited."""

import select
import socket
from operator import call
from typing import Any
from weakref import ref

from iomodels.bridge.readiness.arguments import LARGEST, is_certain, limit, number, sockets_number
from iomodels.bridge.readiness.bell import place
from iomodels.bridge.readiness.interest import Interest
from iomodels.bridge.readiness.kernel import Event

__all__ = ["poll"]


class poll:  # noqa: N801
    """`select.poll`, whose `poll` is awaited, under asyncio, trio or anyio.

    Masks, exceptions and answers are those of the standard object, which is asked what is ready; only the wait is another. It
    belongs to the loop in which it first waits: another loop or library, another thread and a forked child get an exception,
    and so do two tasks that wait at once.
    """

    def __init__(self) -> None:
        self._poll = select.poll()
        self._masks: dict[int, int] = {}
        self._owners: dict[int, ref[socket.socket]] = {}  # sockets: while one lives and says its number, the number is its own
        self._changed: set[int] = set()  # since the kernel was told
        self._interest = Interest("poll")

    def register(self, fd: Any, eventmask: int = select.POLLIN | select.POLLPRI | select.POLLOUT) -> None:
        """Watch a descriptor, or an object with fileno(); of one that is watched already, change what for."""
        self._interest.bell.belongs()
        self._poll.register(fd, eventmask)
        fileno = number(fd)
        self._masks[fileno] = eventmask
        self._changed.add(fileno)
        self._owners.pop(fileno, None)
        if is_certain(fd):
            self._owners[fileno] = ref(fd)

    def modify(self, fd: Any, eventmask: int) -> None:
        """Change what it is watched for. OSError (ENOENT): it is not watched."""
        self._interest.bell.belongs()
        self._poll.modify(fd, eventmask)
        fileno = number(fd)
        self._masks[fileno] = eventmask
        self._changed.add(fileno)

    def unregister(self, fd: Any) -> None:
        """Watch it no more. KeyError: it is not watched."""
        self._interest.bell.belongs()
        self._poll.unregister(fd)
        fileno = number(fd)
        del self._masks[fileno]
        self._changed.add(fileno)
        self._owners.pop(fileno, None)

    async def poll(self, timeout: float | None = None) -> list[Event]:
        """Wait until some are ready; descriptors, and what happened. timeout: milliseconds; None or less than 0 is no limit.

        It is a checkpoint in any case: other tasks run, and it can be cancelled, which loses nothing.
        """
        seconds = limit(timeout, 0.001, LARGEST)
        interest = self._interest
        bell = interest.bell
        bell.enter(*place())
        deadline = None if seconds is None or seconds < 0 else bell.now() + seconds
        certain = self._certain()
        if seconds == 0 or self._changed or not certain:
            await bell.rest()
            ready = self._poll.poll(0)
            if ready or seconds == 0:
                return ready
        while True:
            if self._changed or not certain:
                interest.want(dict(self._masks), self._changed | (set() if certain else self._masks.keys()))
                self._changed.clear()
            expired = await bell.wait(deadline)
            events = interest.collect()
            ready = self._poll.poll(0)
            if ready or expired:
                return ready
            interest.settle(events)

    def _certain(self) -> bool:
        """Every number is still that of the socket which was registered with it."""
        if len(self._owners) < len(self._masks):
            return False
        try:
            return list(map(sockets_number, map(call, self._owners.values()))) == list(self._owners)  # type: ignore[arg-type]
        except TypeError:  # one is no more
            return False

    def close(self) -> None:
        """Give up the epoll that it waits with, as the garbage collector does; the standard object has no such method."""
        self._interest.bell.close()

    def __del__(self) -> None:
        self._interest.bell.close()
