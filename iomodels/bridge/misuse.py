"""Misuse of a bridge: an exception at once, whose text names the fix, where the alternative is a program that hangs."""

import asyncio
import sys

import sniffio

__all__ = [
    "Misuse",
    "MixedLibraries",
    "NestedLoop",
    "NotRunning",
    "Stopped",
    "WouldBlock",
    "WrongThread",
    "library",
    "not_running",
    "refuse_a_loop",
    "running",
]


class Misuse(RuntimeError):
    """A bridge used where it would hang, or do another thing than was meant; its text is one line: what was done, the fix."""


class NotRunning(Misuse):
    """An awaitable of the bridge was run by no event loop, or by one that it does not know."""


class WouldBlock(Misuse):
    """A call that waits was made in the thread whose loop would have to run for it to end."""


class NestedLoop(Misuse):
    """A loop was to be run inside a running one."""


class WrongThread(Misuse):
    """An object that belongs to one thread's loop was used in another thread, or in a forked child."""


class MixedLibraries(Misuse):
    """An object that belongs to one library's loop was used under another's."""


class Stopped(Misuse):
    """A loop in a thread was used before its start or after its stop."""


def not_running() -> NotRunning:
    """For whoever finds no loop."""
    return NotRunning("no event loop runs here: call it from a coroutine under asyncio.run, trio.run or anyio.run")


def library() -> str:
    """The library that runs the current task: "asyncio" or "trio" (anyio runs on one of them). Raises NotRunning."""
    try:
        return sniffio.current_async_library()
    except sniffio.AsyncLibraryNotFoundError:
        raise not_running() from None


def running() -> str | None:
    """The library whose loop runs in this thread, if any: in its callbacks too, where `library` sees no task."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return "trio"
    return None if asyncio._get_running_loop() is None else "asyncio"


def refuse_a_loop(done: str, fix: str, refusal: type[Misuse] = NestedLoop) -> None:
    """Raise `refusal` if an event loop runs in this thread. done, fix: the text's halves: what was done, what to do instead."""
    name = running()
    if name is not None:
        raise refusal(f"{done} inside a running {name} loop: {fix}")
