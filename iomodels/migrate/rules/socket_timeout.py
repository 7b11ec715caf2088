"""A timeout that is set on a socket, or caught where another module sets it."""

from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant, handler_names, sync

EXAMPLE = """\
import socket

sock = socket.create_connection(("127.0.0.1", 8080))
sock.settimeout(30)
try:
    data = sock.recv(4096)
except socket.timeout:
    print("nothing came")
"""

SETS = ("socket.socket.settimeout", "socket.setdefaulttimeout")


def check(module: Module) -> Iterator[Spot]:
    """Each timeout given to a socket; where a module gives none itself, each except clause for one."""
    yield from [*_given(module)] or _caught(module)


def _given(module: Module) -> Iterator[Spot]:
    for call in sync(module.called(*SETS, "socket.create_connection")):
        given = call.argument(0 if call.calls(*SETS) else 1, "timeout")
        seconds = constant(given)
        if given is None or seconds in (0, 0.0):  # 0 is "do not wait"
            continue
        if call.calls(*SETS):
            text = "each call on the socket has a timeout" if seconds is not None else "the timeout is taken off the socket"
            yield Spot(call.node, text, call.confidence)
        elif seconds is not None:
            yield Spot(call.node, "connect and each call after it have a timeout", call.confidence)


def _caught(module: Module) -> Iterator[Spot]:
    for function in module.functions:
        for tried in () if function.is_async else function.tries:
            for handler in tried.handlers:
                if handler.type is not None and "socket.timeout" in handler_names(module, handler, function):
                    yield Spot(handler.type, "a socket's timeout is caught")


RULE = Rule(
    code="IOM108",
    name="socket-timeout",
    group=Group.SHAPE,
    summary="a timeout on a socket",
    asyncio="async with asyncio.timeout(30): ...; raises TimeoutError",
    trio="with trio.fail_after(30): ...; raises trio.TooSlowError; or move_on_after",
    anyio="with anyio.fail_after(30): ...; raises TimeoutError; or move_on_after",
    by=By.BOTH,
    trap="settimeout is a limit for each call, a block is one for everything in it: round the whole conversation it drops a "
    "client that talks, and round each call it keeps one that sends a byte now and then, as before. What a cancelled read or "
    "write had done may be lost. A socket with a timeout that is handed to asyncio, trio or anyio becomes non-blocking, and "
    "its timeout is gone.",
    guide="recipes/timeouts.md",
    case="slow-peers/one-byte-at-a-time-writer",
    example=EXAMPLE,
    check=check,
)
