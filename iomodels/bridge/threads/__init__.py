"""A loop in a thread, for a program that is made of threads: `in_thread`."""

import inspect
import itertools
from typing import Any, Literal

from iomodels.bridge.threads.core import Core
from iomodels.bridge.threads.loop import LoopThread

__all__ = ["LoopThread", "in_thread"]

Library = Literal["asyncio", "trio", "anyio"]

_number = itertools.count(1)


def in_thread(
    library: Library = "asyncio",
    *,
    backend: Literal["asyncio", "trio"] = "asyncio",
    threads: int | None = None,
    slow: float | None = None,
    grace: float = 5.0,
    name: str | None = None,
    **options: Any,
) -> LoopThread:
    """A loop in a thread, to be started by `with in_thread() as loop:` or by `start()`.

    Raises ValueError and TypeError, and ImportError where trio is wanted and not installed.

    library: whose loop, and whose way of cancelling. backend: what anyio runs on. threads: how many worker threads functions
    get there (asyncio.to_thread, anyio.to_thread, trio.to_thread), those not counted that wait for the loop; None for the
    library's own number. slow: seconds after which a blocked loop is reported, with its stack, to the logger
    "iomodels.bridge". grace: seconds that a stop, or a call cut short, waits for what it cancels. name: the thread's.
    options: what anyio.run takes as backend_options: use_uvloop, loop_factory, debug; for trio what trio.run takes.
    """
    if library not in ("asyncio", "trio", "anyio"):
        raise ValueError(f'in_thread("asyncio"), in_thread("trio") or in_thread("anyio"), not {library!r}')
    if threads is not None and threads < 1:
        raise ValueError(f"at least one worker thread, not {threads}")
    if slow is not None and slow <= 0:
        raise ValueError(f"slow is more than 0 seconds, not {slow}")
    chosen = backend if library == "anyio" else library
    unknown = sorted(set(options) - _options(chosen))
    if unknown:
        raise TypeError(f"in_thread({library!r}) has no option {', '.join(unknown)}")
    name = name or f"{library}-loop-{next(_number)}"
    return LoopThread(Core(library, chosen, options, name, threads, slow), grace)


def _options(backend: str) -> set[str]:
    if backend == "asyncio":
        return {"debug", "loop_factory", "use_uvloop"}
    import trio

    return {name for name, each in inspect.signature(trio.run).parameters.items() if each.kind is each.KEYWORD_ONLY}
