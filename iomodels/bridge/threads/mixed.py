"""Objects that one library's loop made, handed to another's: seen before they hang or fail somewhere else."""

import asyncio
import functools
from typing import Any

from iomodels.bridge.misuse import MixedLibraries

__all__ = ["refuse_foreign", "refuse_foreign_awaitable"]

# What any thread may use, or what belongs to no loop: a future answers through its own loop's call_soon_threadsafe.
_ANYWHERE = {"TrioToken", "AbstractEventLoop", "Future", "CancelScope", "BaseProtocol", "BaseException", "Path"}
_HOMES = {"anyio._backends._asyncio": "asyncio", "anyio._backends._trio": "trio"}


def refuse_foreign(what: str, library: str, *objects: object) -> None:
    """Raise MixedLibraries if one of `objects` (or what a bound method is bound to) is another library's.

    what: what is done with them, for the text; library: whose loop will run it, "asyncio" or "trio".
    """
    for each in objects:
        while isinstance(each, functools.partial):
            refuse_foreign(what, library, *each.args, *each.keywords.values())
            each = each.func
        bound = getattr(each, "__self__", None)
        for suspect in (each, bound):
            home = _home(suspect, awaited=suspect is bound)
            if home not in (None, library):
                raise MixedLibraries(
                    f"{what}: {type(suspect).__name__} is {home}'s, and the loop is {library}'s: make it inside a function "
                    f'that this loop runs, or use in_thread("{home}")'
                )


def refuse_foreign_awaitable(awaitable: Any) -> None:
    """Raise MixedLibraries if `awaitable` is an asyncio future of another loop than the one that runs."""
    if not isinstance(awaitable, asyncio.Future):
        return
    running = asyncio._get_running_loop()
    if awaitable.get_loop() is not running:
        raise MixedLibraries(
            f"a function returned a {type(awaitable).__name__} of another loop: return its coroutine instead, or have its own "
            "loop answer: asyncio.run_coroutine_threadsafe"
        )


def _home(suspect: object, *, awaited: bool) -> str | None:
    """The library that `suspect` belongs to; awaited: a method of it is called, for which a future is no exception."""
    found = None
    for base in type(suspect).__mro__:
        if base.__name__ in _ANYWHERE and not (awaited and base.__name__ == "Future"):
            return None
        top = base.__module__.partition(".")[0].lstrip("_")
        if base.__module__ in _HOMES:
            found = _HOMES[base.__module__]
        elif top in ("asyncio", "trio") and found is None:
            found = top
    return found
