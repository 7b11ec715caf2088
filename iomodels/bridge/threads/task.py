"""What `submit` returns: a `concurrent.futures.Future` of something that runs in a loop's thread."""

import concurrent.futures
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from iomodels.bridge.misuse import Stopped, library
from iomodels.bridge.threads.post import poster

if TYPE_CHECKING:
    from iomodels.bridge.threads.core import Core

__all__ = ["Task"]

T = TypeVar("T")
_SIGNALS = 0.5  # seconds


class Task(Future[T]):
    """The result to come of a function that a loop in a thread runs.

    It differs from its base class in three things. `cancel` asks, and the task has ended when the function has: a function
    that cleans up, or refuses to be cancelled, is waited for. What would wait for ever raises WouldBlock: `result` and
    `exception` in a thread whose loop runs, unless the task is done. And there it can be awaited, in any library's loop.
    """

    def __init__(self, core: "Core", what: str) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self._core = core
        self.what = what
        self._cancel_inside: Callable[[], object] | None = None
        self.cancelling = False
        self.begun = False  # has the loop been told to run it?

    def __repr__(self) -> str:
        state = "cancelled" if self.cancelled() else "done" if self.done() else "running"
        return f"<Task {self.what} in {self._core.name}, {state}>"

    def cancel(self) -> bool:
        """Ask that the function be cancelled, from any thread, without waiting. False: it is done already."""
        if self.done():
            return False
        self.cancelling = True
        self._core.tell(self._cancel_now)
        return True

    def cancelled(self) -> bool:
        """Has it ended by being cancelled?"""
        return self.done() and isinstance(super().exception(0), CancelledError)

    def result(self, timeout: float | None = None) -> T:
        """The function's result; raises its exception. timeout: seconds, then TimeoutError, and the function runs on.

        Raises CancelledError, Stopped (the loop ended first), WouldBlock and WrongThread; SystemExit as the interpreter exits.
        """
        try:
            self.wait(timeout)
            return super().result(0)
        finally:
            self = None  # type: ignore[assignment]  # the traceback would hold the task, which holds the exception

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The function's exception, or None; else as `result`."""
        try:
            self.wait(timeout)
            error = super().exception(0)
            if isinstance(error, CancelledError):
                raise error
            return error
        finally:
            self = None  # type: ignore[assignment]

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is done, at most `timeout` seconds; return whether it is. Raises WouldBlock and WrongThread."""
        if not self.done() and timeout != 0:
            self._core.refuse_to_wait(f"waited for {self.what}", "await the task: `await task`")
            with self._core.lending():
                self._wait(None if timeout is None else time.monotonic() + timeout)
        return self.done()

    def _wait(self, deadline: float | None) -> None:
        # A signal that arrives just before the main thread blocks in a lock does not wake it, and an interrupt waits with it.
        longest = _SIGNALS if threading.current_thread() is threading.main_thread() else None
        while not self.done() and (deadline is None or time.monotonic() < deadline):
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            concurrent.futures.wait([self], longest if left is None else left if longest is None else min(left, longest))

    def __await__(self) -> Generator[Any, Any, T]:
        return self._awaited().__await__()

    async def _awaited(self) -> T:
        """As `result`, in a running loop; being cancelled cancels the function, and waits until it has ended."""
        library()
        done, post = anyio.Event(), poster()

        def wake(_: Future[T]) -> None:
            try:
                post(done.set)
            except RuntimeError:  # nobody waits: that loop has ended
                pass

        self.add_done_callback(wake)
        try:
            await done.wait()
        except anyio.get_cancelled_exc_class():
            self.cancel()
            with anyio.CancelScope(shield=True):
                await done.wait()
            raise
        return super().result(0)

    def inside(self, cancel: Callable[[], object]) -> None:
        """Called in the loop when the function begins; cancel: cancels it, in the loop's thread."""
        self._cancel_inside = cancel
        if self.cancelling:
            cancel()

    def _cancel_now(self) -> None:
        if self._cancel_inside is not None:
            self._cancel_inside()
        elif not self.begun:
            self.end(CancelledError())

    def end(self, error: BaseException | None, value: T | None = None) -> None:
        """End it, in any thread, unless it has ended."""
        self._cancel_inside = None
        if self._core.exiting and isinstance(error, (Stopped, CancelledError)):
            error = SystemExit()  # whoever still waits is a daemon thread, and would have ended without a word
        try:
            if error is None:
                self.set_result(value)  # type: ignore[arg-type]
            else:
                self.set_exception(error)
        except InvalidStateError:
            pass
