"""The turns of another task while a call goes on: what it means to wait in a loop, and to block it."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from models.ground.calls import compute, row, table
from models.ground.states import Watched, own_state

__all__ = ["Turns", "blocking_calls"]

BLOCKED = "Synchronous, and blocking the loop: until it returned, no other task ran."
ENOUGH = 3  # turns of the other task: then it ends what its caller waits for


class Blocking(NamedTuple):
    """A call that blocks whoever makes it until somebody else ends it."""

    name: str
    make: Callable[[], object]
    end: Callable[[], object]
    did: str
    state: str


def blocking_calls() -> Iterator[Blocking]:
    enough = threading.Event()
    yield Blocking("sha256", partial(compute, enough), enough.set, "computed", "R")
    near, far = socket.socketpair()
    with near, far:
        yield Blocking("recv", partial(near.recv, 1), partial(far.send, b"."), "nothing, until a byte came", "S")


class Turns:
    """Those of a task that could always run, since a call began. Its third one ends the call.

    give_way: the library's own way to let other tasks run, when there is nothing to wait for.
    """

    def __init__(self, give_way: Callable[[], Awaitable[object]]) -> None:
        self._give_way = give_way
        self._over = False
        self._begin(lambda: None)

    def __str__(self) -> str:
        return f"the other task had {self._count} turns"

    async def take(self) -> None:
        """What that task does."""
        while not self._over:
            self._count += 1
            if self._count == ENOUGH:
                self._state = own_state()
                self._end()
            await self._give_way()

    @contextmanager
    def awaited(self, call: str, end: Callable[[], object]) -> Iterator[None]:
        """A row for a call that is awaited within, and that the other task ends."""
        self._begin(end)
        yield
        row(call, f"waited; {self}", self._state)

    @contextmanager
    def alone(self, call: str, end: Callable[[], object]) -> Iterator[None]:
        """A row for a call that is awaited within when there is no other task; another thread ends it."""
        self._over = True
        with Watched("S", end) as caller:
            yield
        row(call, "waited, and so did its thread, in the loop's poller", caller.state)

    async def blocked(self) -> None:
        """A table of calls that the other task, though it has begun, cannot end: another thread does."""
        while not self._count:
            await self._give_way()
        with table(BLOCKED):
            for call in blocking_calls():
                self._begin(lambda: None)
                with Watched(call.state, call.end) as caller:
                    call.make()
                row(call.name, f"{call.did}; {self}", caller.state)
            enough = threading.Event()
            self._begin(lambda: None)
            with Watched("R", enough.set) as caller:
                await _compute(enough)
            row("await f(), which computes", f"computed; {self}", caller.state)

    def _begin(self, end: Callable[[], object]) -> None:
        self._count, self._state, self._end = 0, "-", end


async def _compute(enough: threading.Event) -> None:
    compute(enough)
