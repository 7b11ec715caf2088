"""How a thread speaks to a loop: what runs here, and a way to have something run there."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Callable

import anyio
import anyio.from_thread

from iomodels.bridge.misuse import running

__all__ = ["Post", "in_worker", "logger", "poster", "stack"]

logger = logging.getLogger("iomodels.bridge")

Post = Callable[[Callable[[], object]], object]


def poster() -> Post:
    """A function that any thread may call to have a function without arguments run by the loop of this thread, soon.

    It raises RuntimeError (trio.RunFinishedError is one) where that loop has ended.
    """
    if running() == "trio":
        import trio

        return trio.lowlevel.current_trio_token().run_sync_soon
    return asyncio.get_running_loop().call_soon_threadsafe


def in_worker() -> bool:
    """Is this a thread that anyio or trio lent to a synchronous function?"""
    try:
        anyio.from_thread.check_cancelled()
    except anyio.NoEventLoopError:
        pass
    except BaseException:  # cancelled: asyncio.CancelledError or trio.Cancelled
        return True
    else:
        return True
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.from_thread.check_cancelled()
    except RuntimeError:
        return False
    except BaseException:
        return True
    return True


def stack(ident: int | None) -> str:
    """What the thread of that identifier does now, as a traceback has it."""
    frame = sys._current_frames().get(ident or 0)
    return "".join(traceback.format_stack(frame)) if frame is not None else "(the thread has ended)\n"
