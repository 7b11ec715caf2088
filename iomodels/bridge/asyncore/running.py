"""Which loop of asyncore runs on which map: one at a time on each; and how a loop that waits is told that its map changed."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from iomodels.bridge.asyncore.original import original
from iomodels.bridge.asyncore.turns import Map, Turns
from iomodels.bridge.misuse import NestedLoop, WrongThread

__all__ = ["claimed", "refuse_other_threads", "wake"]

_running: dict[int, Turns] = {}  # by the id of the map: maps are dictionaries, which have no hash


@contextlib.contextmanager
def claimed(turns: Turns) -> Iterator[Turns]:
    """This loop runs on its map until the block ends. Raises NestedLoop or WrongThread if another one does."""
    asynchat = sys.modules.get("asynchat")
    if asynchat is not None:  # the one way to want to write that does not go through `send`
        _have_wake(asynchat.async_chat, "close_when_done")
    key = id(turns.channels)
    holder = _running.setdefault(key, turns)  # in one step: threads may compete
    if holder is not turns:
        fix = "one loop serves all dispatchers of a map; for a second loop give the dispatchers a map of their own, map={}"
        if holder.thread != turns.thread:
            raise WrongThread(f"asyncore.loop() on a map whose loop runs in another thread: {fix}")
        raise NestedLoop(f"asyncore.loop() on a map whose loop runs already: {fix}")
    try:
        yield turns
    finally:
        if _running.get(key) is turns:  # in a forked child it is not
            del _running[key]


def wake(map: Map | None = None) -> None:  # noqa: A002 - asyncore's name for it
    """Have the loop on this map ask its dispatchers again at once, instead of when its turn of up to `timeout` seconds ends.

    For a coroutine, a callback, a signal handler or another thread that changed what `readable()` or `writable()` of a
    dispatcher says. In the loop's own thread, opening, closing and sending by asyncore's own methods does it, too. map:
    `asyncore.socket_map` if None. Does nothing if no loop runs on it: the next one asks first.
    """
    turns = _running.get(id(original.socket_map if map is None else map))
    if turns is not None:
        turns.wake()


def refuse_other_threads(done: str, channels: Map) -> None:
    """Raise WrongThread if the loop of this map runs in another thread than this one. done: the call."""
    turns = _running.get(id(channels))
    if turns is not None and turns.thread != threading.get_ident():
        fix = "hand it over with loop.call_soon_threadsafe or anyio.from_thread.run_sync"
        raise WrongThread(f"{done} on a map whose loop runs in another thread: {fix}")


def _forked() -> None:
    for turns in _running.values():
        turns.forked = True
    _running.clear()


class _Waking:
    """A method of a dispatcher that, fetched while its loop waits, has the loop ask again: another task is about to call it.

    No wrapper: the method itself is what is called, and what a traceback in asyncore's log shows.
    """

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is not None and _running:
            turns = _running.get(id(getattr(owner, "_map", None)))
            if turns is not None:
                turns.changed()
        return self._method.__get__(owner, kind)


def _have_wake(kind: type, *names: str) -> None:
    for name in names:
        method = vars(kind)[name]
        if not isinstance(method, _Waking):
            setattr(kind, name, _Waking(method))


# In asyncore's own loop nobody else runs while it waits. Here other tasks do, and open, close and send: through these.
_have_wake(original.dispatcher, "add_channel", "del_channel", "send")
_have_wake(original.dispatcher_with_send, "send")
os.register_at_fork(after_in_child=_forked)
