"""Waiting in the loop that runs until one descriptor can be read: the descriptor of an epoll, which stands for all those in it.

The kernel says that an epoll can be read while anything in it is ready (epoll(7)), so whoever keeps descriptors in an epoll of
its own waits for many by waiting for one.
"""

import asyncio
import contextlib
import os
import select
import sys
import threading
from typing import Any

from iomodels.bridge.misuse import Misuse, MixedLibraries, WrongThread, library, not_running
from iomodels.bridge.readiness.kernel import Kernel

__all__ = ["Bell", "place"]

_forks = 0  # how many forks lie between this process and the one that imported us


def _forked() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_forked)


def place() -> tuple[str, Any]:
    """Where this task runs: the library's name and its loop. Raises NotRunning, and in a forked child WrongThread."""
    try:
        name = library()
        return name, asyncio.get_running_loop() if name == "asyncio" else sys.modules["trio"].lowlevel.current_trio_token()
    except RuntimeError:
        if _forks:
            fix = "start one in it with asyncio.run, trio.run or anyio.run"
            raise WrongThread(f"the parent's event loop does not go on in a forked child: {fix}") from None
        raise not_running() from None


class Bell:
    """Wakes one task when a descriptor can be read.

    On asyncio the loop is asked once, and goes on looking between two waits; it is told to stop when the descriptor could be
    read and nobody waited. A pair of epoll_ctl for each wait costs more than that. trio asks the kernel once for each wait
    itself.
    """

    def __init__(self, what: str) -> None:
        """what: the name of the object that waits, for messages: "Selector"."""
        self.what = what
        self.kernel: Kernel | None = None
        self.watched = -1  # its descriptor
        self._peek = select.poll()
        self._library: str | None = None  # where it first waited: the library, its loop, the thread, the process
        self._loop: Any = None
        self._thread = 0
        self._forks = _forks
        self._busy = False
        self._waiter: asyncio.Future[bool] | None = None
        self._reading = False  # asyncio's loop looks at the descriptor

    def watch(self, kernel: Kernel) -> None:
        """Wait for this one from now on, and close the one before; not during a wait."""
        before, self.kernel = self.kernel, kernel
        self._mute()
        if before is not None:
            self._peek.unregister(self.watched)
            before.close()
        self.watched = kernel.fileno()
        self._peek.register(self.watched, select.POLLIN)

    def enter(self, name: str, loop: Any) -> None:
        """Belong to this place; raise WrongThread or MixedLibraries if it belongs to another."""
        self.belongs()
        if self._library is None:
            self._library, self._loop, self._thread = name, loop, threading.get_ident()
        elif name != self._library:
            raise MixedLibraries(f"this {self.what} first waited under {self._library}, not {name}: create another one here")
        elif loop is not self._loop:
            raise WrongThread(f"this {self.what} first waited in another loop of {name}: create one in each loop that runs")

    @property
    def forked(self) -> bool:
        """This process is a child of the one in which it was made."""
        return self._forks != _forks

    def belongs(self) -> None:
        """Raise WrongThread in another thread than that where it first waited, and in a forked child of its process."""
        if self.forked:
            raise WrongThread(f"this {self.what} is the parent's, and so is its epoll: create another one in the forked child")
        if self._library is not None and threading.get_ident() != self._thread:
            fix = "create one in each thread, or go to its loop's with call_soon_threadsafe or anyio.from_thread.run_sync"
            raise WrongThread(f"this {self.what} belongs to the thread of the loop in which it first waited: {fix}")

    def now(self) -> float:
        """The loop's clock, in seconds."""
        return float(self._loop.time() if self._library == "asyncio" else sys.modules["trio"].current_time())

    async def rest(self) -> None:
        """Let others run, and be cancelled: a checkpoint."""
        if self._library == "asyncio":
            await asyncio.sleep(0)
        else:
            await sys.modules["trio"].lowlevel.checkpoint()

    async def wait(self, deadline: float | None) -> bool:
        """Until the descriptor can be read, with a checkpoint in any case. Whether it was given up at `deadline` (of `now`)."""
        if self._busy:
            raise Misuse(f"two tasks wait with one {self.what} at once: give each task its own")
        self._busy = True
        try:
            if self._peek.poll(0):
                await self.rest()
                return deadline is not None and self.now() >= deadline
            if self._library == "asyncio":
                return await self._wait_on_asyncio(deadline)
            return await self._wait_on_trio(deadline)
        finally:
            self._busy = False

    async def _wait_on_asyncio(self, deadline: float | None) -> bool:
        waiter = self._waiter = self._loop.create_future()
        timer = None if deadline is None else self._loop.call_at(deadline, self._expire, waiter)
        try:
            if not self._reading:
                self._loop.add_reader(self.watched, self._ring)
                self._reading = True
            expired: bool = await waiter
            return expired
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _ring(self) -> None:
        waiter = self._waiter
        if waiter is None:
            self._mute()
        elif not waiter.done() and self._peek.poll(0):  # what was ready when the loop looked may have been read since
            waiter.set_result(False)

    def _expire(self, waiter: "asyncio.Future[bool]") -> None:
        if not waiter.done():
            waiter.set_result(True)

    async def _wait_on_trio(self, deadline: float | None) -> bool:
        trio = sys.modules["trio"]
        try:
            if deadline is None:
                await trio.lowlevel.wait_readable(self.watched)
                return False
            with trio.CancelScope(deadline=deadline) as scope:
                await trio.lowlevel.wait_readable(self.watched)
        except trio.ClosedResourceError:  # `close`: whoever waits finds out by itself
            return False
        return bool(scope.cancelled_caught)

    def _mute(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.watched)

    def close(self) -> None:
        """Wake who waits, and close the epoll. The garbage collector may call it in any thread, and in a forked child."""
        if self._reading and (self.forked or self._loop.is_closed()):  # a child shares the epoll of the parent's loop, too
            self._reading = False
        if self._reading and threading.get_ident() != self._thread:
            with contextlib.suppress(RuntimeError):  # it was closed meanwhile
                self._loop.call_soon_threadsafe(self.close)
            return
        self._mute()
        if self.forked:
            pass
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(False)
        elif self._busy and self._library == "trio":
            sys.modules["trio"].lowlevel.notify_closing(self.watched)
        if self.kernel is not None:
            self.kernel.close()
