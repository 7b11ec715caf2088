"""A wait for one descriptor: a timeout for the call that follows."""

from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant
from iomodels.migrate.waits import What, waits

EXAMPLE = """\
import select
import socket


def receive(sock, seconds):
    readable, _, _ = select.select([sock], [], [], seconds)
    if not readable:
        raise TimeoutError
    return sock.recv(4096)
"""

NEEDS = frozenset({"select.select", "select.poll.poll", "select.epoll.poll", "selectors.DefaultSelector.select"})


def check(module: Module) -> Iterator[Spot]:
    """Each wait for a single descriptor."""
    for wait in waits(module):
        if wait.what is not What.ONE:
            continue
        timeout = wait.call.argument(3 if wait.call.calls("select.select") else 0, "timeout")
        asks = timeout is not None and constant(timeout) == 0
        text = (
            "asks whether one descriptor is ready and does not wait: a poll, which no timeout can take the place of"
            if asks
            else ""
        )
        yield Spot(wait.call.node, text, wait.call.confidence)


RULE = Rule(
    code="IOM109",
    name="select-one-socket",
    group=Group.SHAPE,
    summary="a wait for one descriptor",
    asyncio="async with asyncio.timeout(seconds): data = await reader.read(n)",
    trio="with trio.fail_after(seconds): data = await stream.receive_some(n); no socket: await trio.lowlevel.wait_readable(fd)",
    anyio="with anyio.fail_after(seconds): data = await stream.receive(n); no socket: await anyio.wait_readable(fd)",
    by=By.MACHINE,
    trap="`select` took nothing, and a read that a timeout cancels must not have taken anything either: reader.read and "
    "receive have not, a loop that collects a message may have. A timeout of 0 does not wait, it asks; a block with a timeout "
    "of 0 does not ask: on trio and anyio it raises before it looks, on asyncio it gives what has been read ahead. Where the "
    "code polls, a task that reads takes the place of the question.",
    guide="recipes/timeouts.md",
    case="integrity/silent-client",
    example=EXAMPLE,
    check=check,
    needs=NEEDS,
)
