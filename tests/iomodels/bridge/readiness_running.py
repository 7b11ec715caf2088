"""The ways to run a coroutine in which select, poll, epoll and Selector are tested, each with a bound: nothing hangs."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

__all__ = ["LIBRARIES", "Run", "each_library", "epolls"]

Main = Callable[[], Awaitable[Any]]
Run = Callable[[Main], Any]
PATIENCE = 20  # seconds


async def _bounded(main: Main) -> Any:
    with anyio.fail_after(PATIENCE):
        return await main()


def _asyncio(main: Main) -> Any:
    return asyncio.run(_bounded(main))


def _uvloop(main: Main) -> Any:
    import uvloop

    return uvloop.run(_bounded(main))


def _trio(main: Main) -> Any:
    return trio.run(_bounded, main)


def _anyio(backend: str, main: Main) -> Any:
    return anyio.run(_bounded, main, backend=backend)


LIBRARIES: dict[str, Run] = {
    "asyncio": _asyncio,
    "trio": _trio,
    "anyio": partial(_anyio, "asyncio"),
    "anyio-trio": partial(_anyio, "trio"),
}
if importlib.util.find_spec("uvloop") is not None:
    LIBRARIES["uvloop"] = _uvloop

each_library = pytest.mark.parametrize("run", LIBRARIES.values(), ids=LIBRARIES.keys())


def epolls() -> set[int]:
    """The descriptors of epolls that this process has open."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if entry.readlink().name.endswith("[eventpoll]"):
                found.add(int(entry.name))
        except OSError:  # that of the listing itself
            continue
    return found
