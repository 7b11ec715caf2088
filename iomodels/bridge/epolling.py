"""`epoll`: the select module's object, with a `poll` that is awaited."""

import select
from typing import Any

from iomodels.bridge.readiness.arguments import LARGEST, limit
from iomodels.bridge.readiness.bell import Bell, place
from iomodels.bridge.readiness.kernel import Event

__all__ = ["epoll"]

MANY = 1023  # events that the standard object returns at the most if it is not told


class epoll:  # noqa: N801
    """`select.epoll`, whose `poll` is awaited, under asyncio, trio or anyio.

    It is an epoll of the kernel's, so edge-triggered and one-shot registrations are what they are. It belongs to the loop in
    which it first waits: another loop or library, another thread and a forked child get an exception, and so do two tasks that
    wait at once.
    """

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        """As the standard one's; both are obsolete."""
        self._open(select.epoll(sizehint, flags))

    def _open(self, kernel: "select.epoll") -> None:
        self._epoll = kernel
        self._bell = Bell("epoll")
        self._bell.watch(kernel)

    @classmethod
    def fromfd(cls, fd: int) -> "epoll":
        """One of the descriptor of an epoll that there is."""
        made = cls.__new__(cls)
        made._open(select.epoll.fromfd(fd))
        return made

    def register(self, fd: Any, eventmask: int = select.POLLIN | select.POLLPRI | select.POLLOUT) -> None:
        """Watch a descriptor, or an object with fileno(). OSError: it is watched (EEXIST), closed (EBADF), a file (EPERM)."""
        self._bell.belongs()
        self._epoll.register(fd, eventmask)

    def modify(self, fd: Any, eventmask: int) -> None:
        """Change what it is watched for; a one-shot registration is armed again. OSError (ENOENT): it is not watched."""
        self._bell.belongs()
        self._epoll.modify(fd, eventmask)

    def unregister(self, fd: Any) -> None:
        """Watch it no more. OSError: it is not watched (ENOENT), or closed (EBADF)."""
        self._bell.belongs()
        self._epoll.unregister(fd)

    async def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[Event]:
        """Wait until some are ready; descriptors, and what happened. timeout: seconds; None or less than 0 is no limit.

        It is a checkpoint in any case: other tasks run, and it can be cancelled, which loses nothing, not even an edge.
        """
        seconds = limit(timeout, 1, LARGEST)
        if maxevents == -1:
            maxevents = MANY
        elif maxevents < 1:
            raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
        self.fileno()  # ValueError, if it is closed
        self._bell.enter(*place())
        if seconds == 0:
            await self._bell.rest()
            return self._epoll.poll(0, maxevents)
        deadline = None if seconds is None or seconds < 0 else self._bell.now() + seconds
        while True:
            expired = await self._bell.wait(deadline)
            events = self._epoll.poll(0, maxevents)
            if events or expired:
                return events

    def fileno(self) -> int:
        """The descriptor of the epoll. ValueError: it is closed."""
        return self._epoll.fileno()

    @property
    def closed(self) -> bool:
        """It is closed."""
        return self._epoll.closed

    def close(self) -> None:
        """Give all up. Who waits in `poll`, and whoever calls it later, gets ValueError."""
        if not self._bell.forked:
            self._bell.belongs()
        self._bell.close()

    def __enter__(self) -> "epoll":
        self.fileno()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_bell"):  # the kernel may have refused an epoll
            self._bell.close()
