"""`Selector`: the selectors module's interface, with a `select` that is awaited."""

import select
import selectors
from collections.abc import Iterator, Mapping
from typing import Any

from iomodels.bridge.readiness.arguments import number
from iomodels.bridge.readiness.bell import place
from iomodels.bridge.readiness.interest import Interest
from iomodels.bridge.readiness.kernel import Event

__all__ = ["Selector"]

FileObject = Any  # an int, or an object with fileno()
Keys = dict[int, selectors.SelectorKey]


class Selector:
    """A `selectors.DefaultSelector` whose `select` is awaited, under asyncio, trio or anyio.

    Descriptors are registered, changed and given up as there, and raise what they raise there; they stay in the kernel's list
    (an epoll) from one turn to the next. It belongs to the loop in which it first waits: another loop or library, another
    thread and a forked child get an exception, and so do two tasks that wait at once.
    """

    def __init__(self) -> None:
        self._keys: Keys = {}
        self._map: _Map | None = _Map(self._keys)
        self._interest = Interest("Selector")

    def register(self, fileobj: FileObject, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file object. events: EVENT_READ, EVENT_WRITE or both. ValueError: neither, or a file object that is closed;
        KeyError: it is registered; OSError: the kernel will not watch it (a file on a disk, a descriptor that is closed)."""
        self._interest.bell.belongs()
        if not events or events & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError(f"Invalid events: {events!r}")
        key = selectors.SelectorKey(fileobj, _lookup(self._keys, fileobj), events, data)
        if key.fd in self._keys:
            raise KeyError(f"{fileobj!r} (FD {key.fd}) is already registered")
        self._interest.add(key.fd, _mask(events))
        self._keys[key.fd] = key
        return key

    def unregister(self, fileobj: FileObject) -> selectors.SelectorKey:
        """Watch it no more; it may have been closed. KeyError: it is not registered."""
        self._interest.bell.belongs()
        key = _find(self._keys, fileobj)
        del self._keys[key.fd]
        self._interest.drop(key.fd)
        return key

    def modify(self, fileobj: FileObject, events: int, data: Any = None) -> selectors.SelectorKey:
        """Change what is watched for, the data, or both, as `register` and `unregister` would."""
        self._interest.bell.belongs()
        key = _find(self._keys, fileobj)
        if events != key.events:
            try:
                self._interest.change(key.fd, _mask(events))
            except BaseException:
                del self._keys[key.fd]
                self._interest.drop(key.fd)
                raise
        if events != key.events or data != key.data:
            key = self._keys[key.fd] = key._replace(events=events, data=data)
        return key

    async def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until some are ready, and say which, and for what. timeout: seconds; None is no limit, 0 or less does not wait.

        It is a checkpoint in any case: other tasks run, and it can be cancelled, which loses nothing.
        """
        interest = self._interest
        bell = interest.bell
        interest.kernel.fileno()  # ValueError, if it is closed
        bell.enter(*place())
        if timeout is not None and timeout <= 0:
            await bell.rest()
            return self._ready(interest.collect())
        deadline = None if timeout is None else bell.now() + timeout
        while True:
            expired = await bell.wait(deadline)
            events = interest.collect()
            ready = self._ready(events)
            if len(ready) < len(events):  # a closed descriptor whose open file lives on in a copy: nothing else stops it
                interest.rebuild()
            if ready or expired:
                return ready

    def _ready(self, events: list[Event]) -> list[tuple[selectors.SelectorKey, int]]:
        ready = []
        for fd, event in events:
            key = self._keys.get(fd)
            if key is not None:
                happened = (event & ~select.POLLIN and selectors.EVENT_WRITE) | (
                    event & ~select.POLLOUT and selectors.EVENT_READ
                )
                ready.append((key, happened & key.events))
        return ready

    def close(self) -> None:
        """Give all up. Who waits in `select`, and whoever calls it later, gets ValueError."""
        if not self._interest.bell.forked:
            self._interest.bell.belongs()
        self._interest.bell.close()
        self._keys.clear()
        self._map = None

    def get_key(self, fileobj: FileObject) -> selectors.SelectorKey:
        """The key of a file object that is registered. KeyError: it is not; RuntimeError: the selector is closed."""
        if self._map is None:
            raise RuntimeError("Selector is closed")
        return _find(self._keys, fileobj)

    def get_map(self) -> Mapping[FileObject, selectors.SelectorKey] | None:
        """What is registered: descriptors to keys; it can be asked for a file object as well. None when closed."""
        return self._map

    def fileno(self) -> int:
        """The descriptor of the epoll. ValueError: it is closed."""
        return self._interest.kernel.fileno()

    def __enter__(self) -> "Selector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._interest.bell.close()


def _mask(events: int) -> int:
    return (events & selectors.EVENT_READ and select.POLLIN) | (events & selectors.EVENT_WRITE and select.POLLOUT)


def _find(keys: Keys, fileobj: FileObject) -> selectors.SelectorKey:
    try:
        return keys[_lookup(keys, fileobj)]
    except KeyError:
        raise KeyError(f"{fileobj!r} is not registered") from None


def _lookup(keys: Keys, fileobj: FileObject) -> int:
    """Its descriptor; of one that was closed, the descriptor that it was registered with."""
    try:
        fd = number(fileobj)
    except (AttributeError, TypeError, ValueError):
        fd = -1
    if fd >= 0:
        return fd
    for key in keys.values():
        if key.fileobj is fileobj:
            return key.fd
    raise ValueError(f"Invalid file descriptor or object: {fileobj!r}")


class _Map(Mapping[FileObject, selectors.SelectorKey]):
    """What `get_map` gives: keys by descriptor or file object, read only."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __getitem__(self, fileobj: FileObject) -> selectors.SelectorKey:
        return _find(self._keys, fileobj)

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
