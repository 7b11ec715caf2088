"""The worker threads of a loop in a thread: how many, and that those which wait for a loop are not counted."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.to_thread

from iomodels.bridge.threads.pool import Pool
from iomodels.bridge.threads.post import in_worker
from iomodels.bridge.threads.states import States

__all__ = ["Workers"]

# The loop in a thread of whose tasks, or of whose worker threads, this context is.
_home: contextvars.ContextVar["Workers | None"] = contextvars.ContextVar("iomodels_bridge_home", default=None)


class Workers(States):
    """A loop with worker threads. number: how many each of its pools has, None for the library's own number.

    There are two pools on asyncio, its default executor and anyio's default limiter; on trio there is trio's limiter.
    """

    def __init__(self, name: str, number: int | None) -> None:
        super().__init__(name)
        self._number = number
        self._pool: Pool | None = None
        self._limiter: anyio.CapacityLimiter

    def tell(self, function: Callable[[], object]) -> None:
        """Have the loop call it soon, if it still can."""
        raise NotImplementedError

    def homed(self, context: contextvars.Context) -> contextvars.Context:
        """`context`, in which it is known from now on that it is this loop's."""
        context.run(_home.set, self)
        return context

    def is_waited_for_here(self) -> bool:
        """Is this one of the loop's own worker threads, for which it would wait as it stops?"""
        if self._pool is not None and self._pool.owns(threading.current_thread()):
            return True
        return _home.get() is self and in_worker()

    @contextmanager
    def lending(self) -> Iterator[None]:
        """While this thread waits for a loop, it is not counted among the worker threads of the loop that it works for."""
        home = _home.get()
        if home is None or home.is_here():
            yield
            return
        home._lend(1)
        try:
            yield
        finally:
            home._lend(-1)

    def _lend(self, threads: int) -> None:
        if self._pool is not None:
            self._pool.lend(threads)

        def adjust() -> None:
            self._limiter.total_tokens += threads

        self.tell(adjust)

    def use_workers(self) -> None:
        """Called in the loop, before anything else runs there."""
        self._limiter = anyio.to_thread.current_default_thread_limiter()
        if self._number is not None:
            self._limiter.total_tokens = self._number
        if asyncio._get_running_loop() is not None:
            size = self._number or min(32, (os.cpu_count() or 1) + 4)  # as asyncio has it
            self._pool = Pool(size, self.name, self.homed(contextvars.Context()))
            asyncio.get_running_loop().set_default_executor(self._pool)
