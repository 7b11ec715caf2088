"""Showing calls on trio: the command line."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

import trio

from async_models.ground.calls import process_pool, shown

__all__ = ["run"]


def run(show: Callable[[Executor], Awaitable[None]]) -> None:
    """Run `show(processes)`."""
    with shown(), process_pool() as processes:
        trio.run(show, processes)
