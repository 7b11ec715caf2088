"""Async context managers and async iterators of a loop in a thread, for the thread that uses them."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

import anyio

from iomodels.bridge.misuse import Stopped
from iomodels.bridge.threads.core import Core
from iomodels.bridge.threads.task import Task

__all__ = ["Entered", "Iteration"]

T = TypeVar("T")
_END: Any = object()


class Entered(AbstractContextManager[T]):
    """Enters in the loop, and leaves in the same task there, which trio's and anyio's scopes require."""

    def __init__(self, core: Core, make: Callable[[], AbstractAsyncContextManager[T, bool | None]], what: str) -> None:
        self._core, self._make = core, make
        self._what = what
        self._leave: anyio.Event
        self._error: tuple[type[BaseException] | None, BaseException | None, TracebackType | None] = (None, None, None)

    def __enter__(self) -> T:
        what = self._what
        self._core.refuse_to_wait(f"entered {what}", "`async with` it")
        self._entered: Task[T] = self._core.promise(f"{what}.__aenter__")
        self._task: Task[bool] = self._core.submit(self._hold, what)
        self._task.add_done_callback(lambda _: self._entered.end(Stopped(f"{self._core.name} ended before {what} was entered")))
        try:
            self._entered.wait()
        except BaseException:
            self._task.cancel()
            raise
        return self._entered.result()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        self._core.refuse_to_wait(f"left {self._what}", "`async with` it")
        self._error = (kind, error, trace)
        self._core.tell(lambda: self._leave.set())
        try:
            self._task.wait()
        except BaseException:
            self._task.cancel()
            raise
        raised = self._task.exception()
        if error is not None and (raised is error or isinstance(raised, Stopped)):
            return False
        return self._task.result()

    async def _hold(self) -> bool:
        self._leave = anyio.Event()
        try:
            manager = self._make()
            value = await manager.__aenter__()
        except BaseException as error:
            self._entered.end(error)
            raise
        self._entered.end(None, value)
        try:
            await self._leave.wait()
        except BaseException as error:
            if not await manager.__aexit__(type(error), error, error.__traceback__):
                raise
            return False
        return bool(await manager.__aexit__(*self._error))


class Iteration(Iterator[T], Generic[T]):
    """An iterator over an async one: nothing is produced before it is asked for.

    All of it runs in one task, which trio's and anyio's scopes inside a generator require. Forgotten half way, by `break`
    for example, it closes the async iterator; `close()` waits for that, and so does leaving it as a context manager.
    """

    def __init__(self, core: Core, make: Callable[[], AsyncIterable[T]], what: str) -> None:
        self._core = core
        self._what = f"the next of {what}"
        self._pump = _Pump(make)
        self._task: Task[None] | None = None
        self._ended = False

    def __iter__(self) -> "Iteration[T]":
        return self

    def __next__(self) -> T:
        if self._ended:
            raise StopIteration
        self._core.refuse_to_wait(f"waited for {self._what}", "`async for` over it")
        wanted: Task[T] = self._core.promise(self._what)
        pump = self._pump
        if self._task is None:
            self._task = self._core.submit(pump.run, self._what)
            self._task.add_done_callback(pump.finished)
        self._core.tell(lambda: pump.demand(wanted))
        try:
            wanted.wait()
            value = wanted.result()
        except BaseException:
            self._ended = True
            self._task.cancel()
            raise
        if value is _END:
            self._ended = True
            raise StopIteration
        return value

    def close(self) -> None:
        """Close the async iterator, and wait until it is. Raises what that raises."""
        self._ended = True
        if self._task is not None and not self._task.done():
            self._core.refuse_to_wait("closed an iteration", "`async for` over it")
            self._core.tell(self._pump.close)
            self._task.result()

    def __enter__(self) -> "Iteration[T]":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._task is not None and not self._task.done():
            self._core.tell(self._pump.close)


class _Pump(Generic[T]):
    """The task in the loop."""

    def __init__(self, make: Callable[[], AsyncIterable[T]]) -> None:
        self._make = make
        self._wanted: Task[T] | None = None
        self._closing = False
        self._woken: anyio.Event | None = None

    def demand(self, wanted: Task[T]) -> None:
        self._wanted = wanted
        self._wake()

    def close(self) -> None:
        self._closing = True
        self._wake()

    def finished(self, task: Future[None]) -> None:
        if self._wanted is not None:
            error = None if task.cancelled() else task.exception()
            self._wanted.end(error or Stopped("the loop ended, or the iteration was cancelled, before it had another element"))

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def run(self) -> None:
        iterator = aiter(self._make())
        try:
            await self._answer(iterator)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()

    async def _answer(self, iterator: AsyncIterator[T]) -> None:
        while True:
            while self._wanted is None and not self._closing:
                self._woken = anyio.Event()
                await self._woken.wait()
            if self._wanted is None:
                return
            value = await anext(iterator, _END)
            wanted, self._wanted = self._wanted, None
            wanted.end(None, value)
            if value is _END:
                return
