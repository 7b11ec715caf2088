"""Bridges: classic I/O code on the loop that runs, so that a program moves to asyncio, trio or anyio a piece at a time.

    ready, _, _ = await bridge.select(readers, [], [], 1.0)    a select loop, by a word (`poll`, `epoll`, `Selector` as well)
    await bridge.serve(Handler, ("127.0.0.1", 8080))           the handlers of socketserver, unchanged, in worker threads
    from iomodels.bridge import asyncore                       dispatchers, unchanged: `await asyncore.loop()`
    with bridge.in_thread("trio") as loop:                     the other way: a loop in a thread, for a program of threads
        answer = loop.call(ask, question)

Built on anyio, whose functions work under `asyncio.run` and `trio.run` as well as under `anyio.run`: so does all of this. What
would hang, or do another thing than was meant, raises a `Misuse` whose text names the fix.
"""

try:
    import anyio  # noqa: F401
    import sniffio  # noqa: F401
except ImportError as error:
    raise ImportError(f"iomodels.bridge needs {error.name}: pip install 'iomodels[bridge]'", name=error.name) from None

from iomodels.bridge.epolling import epoll
from iomodels.bridge.handlers import serve
from iomodels.bridge.misuse import Misuse, MixedLibraries, NestedLoop, NotRunning, Stopped, WouldBlock, WrongThread
from iomodels.bridge.polling import poll
from iomodels.bridge.readiness import select
from iomodels.bridge.selector import Selector
from iomodels.bridge.threads import LoopThread, in_thread
from iomodels.bridge.threads.task import Task
from iomodels.bridge.threads.watch import watch_blocking

__all__ = [
    "LoopThread",
    "Misuse",
    "MixedLibraries",
    "NestedLoop",
    "NotRunning",
    "Selector",
    "Stopped",
    "Task",
    "WouldBlock",
    "WrongThread",
    "epoll",
    "in_thread",
    "poll",
    "select",
    "serve",
    "watch_blocking",
]
