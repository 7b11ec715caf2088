"""asyncio's default executor for a loop in a thread: threads that wait for the loop are not counted.

With a plain pool of N threads, N functions that wait for the loop, while the loop waits for a function that found no
thread, wait for ever (asgiref#249, #348).
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import Any

__all__ = ["Pool"]


class Pool(ThreadPoolExecutor):
    """A bounded pool of daemon threads, started as they are needed, whose bound rises while a thread of it is lent.

    It is a ThreadPoolExecutor in name, because `loop.set_default_executor` takes no other; none of that class's threads
    is ever started, for they keep an interpreter from ending. size: how many functions run at once; context: what its
    threads run in.
    """

    def __init__(self, size: int, name: str, context: Context) -> None:
        super().__init__(max_workers=1)
        self._context = context
        self._bound = size
        self._name = name
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._members: set[threading.Thread] = set()
        self._idle = 0
        self._ending = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As Executor.submit. Raises RuntimeError after `shutdown`."""
        future: Future[Any] = Future()
        with self._changed:
            if self._ending:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._jobs.append((future, lambda: fn(*args, **kwargs)))
            self._grow()
        return future

    def lend(self, threads: int) -> None:
        """Raise the bound by `threads`: 1 when a thread of this pool begins to wait for the loop, -1 when it has done so."""
        with self._changed:
            self._bound += threads
            if threads > 0:
                self._grow()
            else:
                self._changed.notify_all()  # an idle thread beyond the bound ends

    def owns(self, thread: threading.Thread) -> bool:
        """Is it one of this pool's?"""
        with self._changed:
            return thread in self._members

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As Executor.shutdown."""
        with self._changed:
            self._ending = True
            cancelled = [future for future, _ in self._jobs] if cancel_futures else []
            if cancel_futures:
                self._jobs.clear()
            self._changed.notify_all()
            members = set(self._members)
        for future in cancelled:
            future.cancel()
        if wait:
            for member in members - {threading.current_thread()}:
                member.join()

    def _grow(self) -> None:
        """Wake or start a thread for what waits; the lock is held."""
        if not self._jobs:
            return
        if self._idle >= len(self._jobs):
            self._changed.notify()
        elif len(self._members) < self._bound:
            member = threading.Thread(
                target=self._context.copy().run, args=(self._work,), name=f"{self._name}-worker", daemon=True
            )
            self._members.add(member)
            member.start()
        else:
            self._changed.notify()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            future, function = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = function()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
            del job, future, function  # or an idle thread keeps the last result alive

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """What this thread does next; None: it ends, since the pool does, or since it is more than the bound allows."""
        with self._changed:
            while True:
                if len(self._members) <= self._bound:
                    if self._jobs:
                        return self._jobs.popleft()
                    if not self._ending:
                        self._idle += 1
                        self._changed.wait()
                        self._idle -= 1
                        continue
                self._members.discard(threading.current_thread())
                self._changed.notify()  # the wake-up may have been for another
                return None
