"""A pipe that wakes a waiting thread, for a signal or for another thread."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.selfpipe import self_pipes
from iomodels.migrate.shapes import sync

EXAMPLE = """\
import os
import select
import signal
import socket

readable, writable = os.pipe()


def on_signal(number, frame):
    os.write(writable, b"x")


signal.signal(signal.SIGTERM, on_signal)
listener = socket.create_server(("127.0.0.1", 8080))
while True:
    ready, _, _ = select.select([listener, readable], [], [])
    if readable in ready:
        break
    listener.accept()[0].close()
"""


def check(module: Module) -> Iterator[Spot]:
    """Each pipe or pair of sockets that only wakes, and each wakeup descriptor."""
    for made, written in self_pipes(module):
        yield Spot(made.node, f"a pipe that wakes whoever waits: written to in line {written.node.lineno}", made.confidence)
    for call in sync(module.called("signal.set_wakeup_fd")):
        if not isinstance(call.argument(0), ast.UnaryOp):  # -1 takes it back
            yield Spot(call.node, "signals wake whoever waits for this descriptor", call.confidence)


RULE = Rule(
    code="IOM118",
    name="signal-self-pipe",
    group=Group.SHAPE,
    summary="a pipe that wakes a waiting thread",
    asyncio="loop.add_signal_handler(signal.SIGTERM, stop.set); from another thread: loop.call_soon_threadsafe(stop.set)",
    trio="with trio.open_signal_receiver(signal.SIGTERM) as signals: ...; from another thread: "
    "trio.from_thread.run_sync(stop.set, trio_token=token)",
    anyio="with anyio.open_signal_receiver(signal.SIGTERM) as signals: ...; from another thread: "
    "anyio.from_thread.run_sync(stop.set, token=token)",
    by=By.BOTH,
    trap="A handler that stays with signal.signal runs, and sets what it sets, but asyncio's loop sleeps on: only "
    "add_signal_handler wakes it. It works in the main thread and on Unix alone. Signals of one number merge, so count events "
    "in another way.",
    guide="recipes/self_pipe.md",
    case="signals/storm-then-terminate",
    example=EXAMPLE,
    check=check,
)
