"""`select`: the select module's function, awaited."""

import asyncio
import sys
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from iomodels.bridge.readiness.arguments import NANOSECONDS, limit
from iomodels.bridge.readiness.bell import place
from iomodels.bridge.readiness.table import Lists, Table, ready_now, ready_still

__all__ = ["select"]

_tables: WeakKeyDictionary[Any, Table] = WeakKeyDictionary()  # of tasks


async def select(
    rlist: Iterable[Any], wlist: Iterable[Any], xlist: Iterable[Any], timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """`select.select`, awaited: the same arguments, answers and exceptions, but for more than 1023 descriptors.

    rlist, wlist, xlist: descriptors, or objects with fileno(), to be ready for reading, for writing, or with out-of-band data.
    timeout: seconds; None is no limit, 0 does not wait. Returns those that are ready, three lists that are empty after the
    timeout. Raises TypeError or ValueError for what is no descriptor, or closed, or a negative timeout; OSError (EBADF) for a
    descriptor that is not open.

    It is a checkpoint in any case: other tasks run, and it can be cancelled, which loses nothing. Between two calls of one task
    the kernel keeps the lists, and is told what changed.
    """
    seconds = limit(timeout, 1, NANOSECONDS)
    if seconds is not None and seconds < 0:
        raise ValueError("timeout must be non-negative")
    lists: Lists = (list(rlist), list(wlist), list(xlist))
    name, loop = place()
    table = _table(name)
    bell, interest = table.interest.bell, table.interest
    bell.enter(name, loop)
    deadline = None if seconds is None else bell.now() + seconds
    if seconds == 0 or not table.holds(lists):
        await bell.rest()
        ready = ready_now(lists)
        if seconds == 0 or any(ready):
            return ready
        table.hold(lists)
    while True:
        expired = await bell.wait(deadline)
        events = interest.collect()
        answer = table.answer(lists, events)
        if answer is None:
            answer = ready_still(lists, table.numbers)
            if not any(answer):
                interest.settle(events)
        if any(answer) or expired:
            return answer


def _table(library: str) -> Table:
    """That of this task; it goes with the task."""
    task: Any = asyncio.current_task() if library == "asyncio" else sys.modules["trio"].lowlevel.current_task()
    table = _tables.get(task)
    if table is None:
        table = _tables[task] = Table()
        if isinstance(task, asyncio.Future):
            task.add_done_callback(table.close)
    return table
