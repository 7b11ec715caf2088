"""Showing calls on asyncio: the command line, and the event loop that it asks for."""

import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

from async_models.ground.asyncio import add_options, loop_factory, run_loop
from async_models.ground.calls import process_pool, shown

__all__ = ["run"]


def run(show: Callable[[Executor], Coroutine[Any, Any, None]]) -> None:
    """Run `show(processes)` on the loop that `--loop` says."""
    with shown(add_options) as options, process_pool() as processes:
        run_loop(loop_factory(options.loop, selectors.DefaultSelector), show(processes))
