"""The ways to run a coroutine in which asyncore's bridge is tested."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest
import trio

__all__ = ["LIBRARIES", "Run", "each_library"]

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


def _asyncio(main: Callable[[], Any]) -> Any:
    return asyncio.run(main())


def _uvloop(main: Callable[[], Any]) -> Any:
    import uvloop

    return uvloop.run(main())


LIBRARIES: dict[str, Run] = {
    "asyncio": _asyncio,
    "trio": trio.run,
    "anyio": partial(anyio.run, backend="asyncio"),
    "anyio-trio": partial(anyio.run, backend="trio"),
}
if importlib.util.find_spec("uvloop") is not None:
    LIBRARIES["uvloop"] = _uvloop

each_library = pytest.mark.parametrize("run", LIBRARIES.values(), ids=LIBRARIES.keys())
