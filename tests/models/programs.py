"""The programs that call a server, on every runtime: whatever a test says of the classic one holds for its pairs."""

import importlib.util
import sys
from typing import NamedTuple

import pytest

__all__ = ["Program", "on_each_runtime"]

RUNTIMES = {
    "sockets": ("models", "socket", ()),
    "asyncio": ("async_models.asyncio", "asyncio", ()),
    "asyncio+uvloop": ("async_models.asyncio", "uvloop", ("--loop", "uvloop")),
    "asyncio+rloop": ("async_models.asyncio", "rloop", ("--loop", "rloop")),
    "trio": ("async_models.trio", "trio", ()),
    "anyio": ("async_models.anyio", "anyio", ()),
    "anyio+trio": ("async_models.anyio", "trio", ("--backend", "trio")),
}


class Program(NamedTuple):
    """One of them: its name, as it gives it, and the options that choose its loop."""

    name: str
    options: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", self.name, *self.options]


def on_each_runtime(model: str, *, own_loop_alone: bool = False) -> list[object]:
    """The parameters of a fixture; what is not installed is skipped. own_loop_alone: no other loop than the library's own."""
    return [
        pytest.param(
            Program(f"{package}.{model}", options),
            id=runtime,
            marks=pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"{module} is not installed"),
        )
        for runtime, (package, module, options) in RUNTIMES.items()
        if not (own_loop_alone and options)
    ]
