"""The states of a loop in a thread, and what must not be asked of it in which of them, or where."""

import os
import threading

from iomodels.bridge.misuse import Stopped, WouldBlock, WrongThread, running
from iomodels.bridge.threads.post import stack

__all__ = ["States"]


class States:
    """state: "new", "running", "stopping" or "stopped"; crash: what ended the loop, if it was not a stop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "new"
        self.crash: BaseException | None = None
        self._told = False  # has somebody been told of the crash?
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def is_over(self) -> bool:
        """Is there nothing to stop: it has stopped, or its thread is in the parent of this process?"""
        return self.state == "stopped" or os.getpid() != self._pid

    def where(self) -> str:
        """The stack of the loop's thread, as a traceback has it."""
        return stack(self._thread.ident if self._thread else None)

    def refuse_to_wait(self, what: str, inside: str) -> None:
        """Raise the misuse that waiting for this loop in this thread would be; inside: the fix in its own thread."""
        self.refuse_a_child(what)
        if self.is_here():
            raise WouldBlock(f"{self.name}: {what} in the loop's own thread, which would wait for itself: {inside}")
        name = running()
        if name is not None:
            raise WouldBlock(
                f"{self.name}: {what} in the thread of a running {name} loop, which would stand still: "
                "`await loop.submit(...)`, or make the call in a worker thread: `await anyio.to_thread.run_sync(...)`"
            )

    def refuse_a_child(self, what: str) -> None:
        """Raise WrongThread in a process forked after the loop was made."""
        if os.getpid() != self._pid:
            raise WrongThread(
                f"{self.name}: {what} in a forked child, where its thread is not: call in_thread() after the fork"
            )

    def not_running(self, what: str) -> Stopped:
        """The error to raise where it does not run."""
        if self.state == "new":
            return Stopped(
                f"{self.name} was asked to run {what} before its start: `with in_thread() as loop:`, or loop.start()"
            )
        error = Stopped(f"{self.name} was asked to run {what} after its stop: call before, or make another with in_thread()")
        self.blame(error)
        return error

    def is_here(self) -> bool:
        """Is this the loop's thread?"""
        return threading.current_thread() is self._thread

    def blame(self, error: BaseException) -> None:
        """Give it the crash, if there was one, as its cause."""
        error.__cause__ = self.crash
        self._told = self._told or self.crash is not None

    def raise_crash(self) -> None:
        """Raise Stopped for a crash that nobody has been told of."""
        if self.crash is not None and not self._told:
            self._told = True
            raise Stopped(f"{self.name} had ended by itself, of {self.crash!r}: see its traceback") from self.crash
