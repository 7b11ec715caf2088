"""What the files that show calls share, whatever the library: calls that block, gates for them, and another task's turns.

The gate of a task is its library's Event. A thread or a process, which may be blocked, waits at a FIFO (fifo(7)).
"""

import argparse
import inspect
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from async_models.ground.dial import one_line
from models.ground.calls import compute, hold_interrupt, legend, row, table
from models.ground.program import Parser, program_name
from models.ground.states import Watched, own_state

__all__ = [
    "AWAITED",
    "CANCELLED",
    "RETURNED",
    "Gate",
    "Turns",
    "blocking_calls",
    "blocking_square",
    "go_on",
    "process_pool",
    "shown",
]

BLOCKED = "Synchronous, and blocking the loop: until it returned, no other task ran."
AWAITED = "Synchronous, and awaited: it returned when its work was done. Its task waited, and the loop ran others."
RETURNED = "Asynchronous: it returned at once."
CANCELLED = "Cancelled while its work was going on."
ENOUGH = 3  # turns of the other task: then it ends what its caller waits for


class Gate:
    """It lets one call through for each time that it is opened, with a line to read, and whoever still waits at the end."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self.path = Path(self._folder.name, "gate")
        os.mkfifo(self.path)
        self._descriptor = os.open(self.path, os.O_RDWR)  # both ends: so that nobody's open waits for the other one

    def open(self) -> None:
        os.write(self._descriptor, b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        self._folder.cleanup()


def blocking_square(gate: Path, number: int) -> int:
    """In a thread or a process: wait at the gate, blocked, then compute."""
    with gate.open("rb", buffering=0) as waiting:
        waiting.read(1)
    return number * number


def go_on(open_gate: Callable[[], object]) -> str:
    """What a caller does that need not wait: it looks at itself, and opens the gate for its call."""
    state = own_state()
    open_gate()
    return state


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


def process_pool() -> ProcessPoolExecutor:
    """One process, started alike on every system and version, and without a fork beside threads."""
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    hold_interrupt()  # once more, see there
    return pool


@contextmanager
def shown(add_options: Callable[[Parser], None] = lambda _: None) -> Iterator[argparse.Namespace]:
    """Run such a program: within, tables are printed as the options say. Ctrl-C waits for the end of a row: exit status 130."""
    parser = Parser(
        prog=program_name(),
        description=inspect.getdoc(sys.modules["__main__"]),
        allow_abbrev=False,
    )
    add_options(parser)
    options = parser.parse()
    with one_line("stopped"):
        hold_interrupt()
        yield options
    legend()
