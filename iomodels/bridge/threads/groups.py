"""How a loop in a thread runs a function as a task: asyncio's own way, and anyio's (which is trio's).

Two ways, because cancelling differs: asyncio raises CancelledError once, so that a handler may go on to `await
writer.wait_closed()`; in an anyio or trio scope that was cancelled, every await raises until the scope is left.
"""

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextvars import Context
from typing import Any, Protocol, TypeVar

import anyio

from iomodels.bridge.misuse import Stopped
from iomodels.bridge.threads.mixed import refuse_foreign_awaitable
from iomodels.bridge.threads.task import Task

__all__ = ["Group", "Native", "Structured"]

T = TypeVar("T")


class Group(Protocol):
    """The tasks that a loop in a thread runs; an async context manager that waits for them as it is left."""

    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *error: Any) -> object: ...

    def start(self, task: Task[Any], function: Callable[[], Any], context: Context) -> None:
        """Run `function`, and its awaitable if it returns one, in `context`, and end `task` with what comes of it."""

    def cancel(self) -> None:
        """Cancel all of them; their results are then Stopped."""


async def _outcome(task: Task[T], function: Callable[[], Any]) -> None:
    """End `task` with the result. What is raised is raised on, for whoever cancels; a BaseException as well."""
    try:
        try:
            result = function()
        except StopIteration as error:  # of `next`, say: a coroutine must not raise it (PEP 479)
            task.end(error)
            return
        if inspect.isawaitable(result):
            refuse_foreign_awaitable(result)
            result = await result
        task.end(None, result)
    finally:
        del task


def _stopped(task: Task[Any]) -> Exception:
    return Stopped(f"the loop was stopped while it ran {task!r}: stop it after the last result, or expect this")


class Native:
    """Plain asyncio tasks."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled = False

    async def __aenter__(self) -> "Native":
        return self

    async def __aexit__(self, *error: object) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    def start(self, task: Task[Any], function: Callable[[], Any], context: Context) -> None:
        inner = asyncio.get_running_loop().create_task(self._run(task, function), context=context)
        self._tasks.add(inner)
        inner.add_done_callback(self._tasks.discard)
        inner.add_done_callback(lambda _: task.end(_stopped(task)))  # cancelled before its first step

    def cancel(self) -> None:
        self._cancelled = True
        for inner in self._tasks:
            inner.cancel()

    async def _run(self, task: Task[Any], function: Callable[[], Any]) -> None:
        inner = asyncio.current_task()
        assert inner is not None
        try:
            task.inside(inner.cancel)
            if self._cancelled or task.cancelling:
                raise asyncio.CancelledError
            await _outcome(task, function)
        except asyncio.CancelledError:
            task.end(_stopped(task) if self._cancelled and not task.cancelling else CancelledError())
        except BaseException as error:  # SystemExit and KeyboardInterrupt would end the loop
            task.end(error)
        finally:
            del task


class Structured:
    """Tasks in an anyio task group, on asyncio or trio."""

    def __init__(self) -> None:
        self._group = anyio.create_task_group()
        self._cancelled = False

    async def __aenter__(self) -> "Structured":
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._group.__aexit__(*error)

    def start(self, task: Task[Any], function: Callable[[], Any], context: Context) -> None:
        context.run(self._group.start_soon, self._run, task, function)

    def cancel(self) -> None:
        self._cancelled = True
        self._group.cancel_scope.cancel()

    async def _run(self, task: Task[Any], function: Callable[[], Any]) -> None:
        cancelled = anyio.get_cancelled_exc_class()
        try:
            with anyio.CancelScope() as scope:
                task.inside(scope.cancel)
                if self._cancelled or task.cancelling:
                    await anyio.sleep_forever()  # a scope that is cancelled: it raises, and the function never begins
                await _outcome(task, function)
        except cancelled:
            task.end(_stopped(task) if self._cancelled else CancelledError())
            if self._cancelled:
                raise
        except BaseExceptionGroup as group:
            task.end(group.split(cancelled)[1] or _stopped(task))
        except BaseException as error:
            task.end(error)
        finally:
            task.end(CancelledError())
            del task
