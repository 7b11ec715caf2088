"""What the files that show calls share, whatever the library: calls that block, and gates for them.

The gate of a task is its library's Event. A thread or a process, which may be blocked, waits at a FIFO (fifo(7)).
"""

import argparse
import inspect
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from async_models.ground.dial import one_line
from models.ground.calls import hold_interrupt, legend
from models.ground.program import Parser, program_name
from models.ground.states import own_state

__all__ = [
    "AWAITED",
    "CANCELLED",
    "RETURNED",
    "Gate",
    "blocking_square",
    "go_on",
    "process_pool",
    "shown",
]

AWAITED = "Synchronous, and awaited: it returned when its work was done. Its task waited, and the loop ran others."
RETURNED = "Asynchronous: it returned at once."
CANCELLED = "Cancelled while its work was going on."


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
