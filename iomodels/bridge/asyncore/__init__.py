"""asyncore on the loop that runs: existing dispatchers, unchanged, under asyncio, trio and anyio.

Two lines of a program change: `import asyncore` becomes `from iomodels.bridge import asyncore`, and `asyncore.loop()` becomes
`await asyncore.loop()`. All other names are the module's own, from the standard library or, from Python 3.12 on, from the
package pyasyncore: to set one here sets it there. asynchat and smtpd import asyncore themselves, and share its `socket_map`.
"""

import sys
import types
from typing import Any

import anyio.lowlevel

from iomodels.bridge.asyncore.bell import waiting
from iomodels.bridge.asyncore.blocking import guard
from iomodels.bridge.asyncore.original import original
from iomodels.bridge.asyncore.running import claimed, refuse_other_threads
from iomodels.bridge.asyncore.running import wake as wake  # for type checkers: it is a name of this module
from iomodels.bridge.asyncore.turns import Map, Turns
from iomodels.bridge.misuse import library

_OWN = frozenset({"close_all", "loop", "wake"})
__all__ = sorted(_OWN.union(name for name in vars(original) if not name.startswith("_")))


async def loop(
    timeout: float | None = 30.0,
    use_poll: bool = False,
    map: Map | None = None,  # noqa: A002 - asyncore's signature
    count: int | None = None,
    *,
    close: bool = False,
) -> None:
    """Serve the dispatchers of a map until it is empty, as `asyncore.loop` does, while other tasks run.

    timeout: the longest that one turn waits, in seconds; None: as long as it takes. use_poll: deliver events as
    `asyncore.poll2` does instead of `asyncore.poll`. map: `asyncore.socket_map` if None. count: end after so many turns. close:
    close what is left in the map when the loop ends, however it ends; otherwise a loop that is cancelled, or that an exception
    ends, leaves the map as it is, and another can go on with it.

    Each turn asks `readable()` and `writable()` of all, waits, and calls the handlers one after another; they must not block,
    and nothing cancels them in the middle. Exceptions are asyncore's: ExitNow, KeyboardInterrupt and SystemExit end the loop,
    others go to `handle_error`. Other tasks run between turns and while it waits. Those that change what a dispatcher wants
    call `wake`.

    Raises NotRunning outside of a coroutine of asyncio, trio or anyio; NestedLoop if another loop runs on this map, WrongThread
    if it does in another thread, or if a handler forked and the child went on.
    """
    library()
    channels: Map = original.socket_map if map is None else map
    if timeout is not None and timeout < 0:
        if not use_poll:
            raise ValueError("timeout must be non-negative")  # as select says it; poll takes it for None
        timeout = None
    with waiting() as means, claimed(Turns(channels, use_poll, means)) as turns:
        try:
            await anyio.lowlevel.checkpoint()
            others_ran = True
            while channels and (count is None or count > 0):
                if not others_ran:
                    await anyio.lowlevel.checkpoint()
                others_ran = await turns.turn(timeout)
                count = None if count is None else count - 1
        finally:
            if close:
                original.close_all(channels, ignore_all=True)


loop.__qualname__ = "asyncore.loop"  # so that Python's warning says: coroutine 'asyncore.loop' was never awaited


def close_all(map: Map | None = None, ignore_all: bool = False) -> None:  # noqa: A002
    """Close all in a map, as `asyncore.close_all`; its loop ends at once. Raises WrongThread if that runs in another thread."""
    channels: Map = original.socket_map if map is None else map
    refuse_other_threads("asyncore.close_all()", channels)
    original.close_all(channels, ignore_all)
    wake(channels)


def __getattr__(name: str) -> Any:
    return getattr(original, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(original)})


class _StandIn(types.ModuleType):
    """A module whose names are another's: `asyncore.socket_map = {}` is seen by asyncore's own functions."""


def _name_of_the_original(name: str) -> property:
    def read(_: object) -> Any:
        return getattr(original, name)

    def write(_: object, value: object) -> None:
        setattr(original, name, value)

    def delete(_: object) -> None:
        delattr(original, name)

    return property(read, write, delete)


for _name in vars(original).keys() - _OWN:
    if not _name.startswith("__"):
        setattr(_StandIn, _name, _name_of_the_original(_name))
sys.modules[__name__].__class__ = _StandIn
guard()
