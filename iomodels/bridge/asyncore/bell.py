"""A bell that ends a loop's wait; and what a loop waits with, kept from one loop of a run to the next."""

import contextlib
import os
import threading
from collections.abc import Iterator

from anyio.lowlevel import RunVar

from iomodels.bridge.asyncore.interest import Interest

__all__ = ["Bell", "Waiting", "waiting"]

KEPT = 4  # what has waited on more maps at once than that is closed


class Bell:
    """Rung by anybody, in any thread or signal handler: a pipe that holds a byte from the ring until it is heard."""

    def __init__(self) -> None:
        self._rung = False
        # A signal handler may ring while its own thread does; and no byte goes to a closed number.
        self._lock = threading.RLock()
        self._ends: tuple[int, ...] = ()
        self._ends = os.pipe()
        for end in self._ends:
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """The descriptor that is readable from the ring on."""
        return self._ends[0]

    def ring(self) -> None:
        with self._lock:
            if self._ends and not self._rung:
                self._rung = True
                os.write(self._ends[1], b"!")

    def hear(self) -> bool:
        """Whether it was rung since it was last heard."""
        with self._lock:
            rung, self._rung = self._rung, False
            try:
                os.read(self._ends[0], 64)
            except BlockingIOError:
                pass
            return rung

    def close(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, ()
            for end in ends:
                os.close(end)

    __del__ = close  # with the event loop that it was kept for


class Waiting:
    """What one loop waits with: three descriptors."""

    def __init__(self) -> None:
        self.interest = Interest()
        self.bell = Bell()
        self.process = os.getpid()  # a forked child shares the epoll, and must leave it alone


_spare: RunVar[list[Waiting]] = RunVar("iomodels.bridge.asyncore")


@contextlib.contextmanager
def waiting() -> Iterator[Waiting]:
    """For the time of a block; made only if none is left from before.

    So a program that calls `loop(count=1)` time and again registers its descriptors once, and can wait when it is out of them.
    """
    spare = _spare.get([])
    _spare.set(spare)
    mine = spare.pop() if spare else Waiting()
    if mine.process != os.getpid():
        mine = Waiting()
    try:
        yield mine
    finally:
        if len(spare) < KEPT:
            spare.append(mine)
        else:
            mine.interest.close()
            mine.bell.close()
