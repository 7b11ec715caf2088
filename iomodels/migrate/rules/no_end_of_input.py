"""A loop that receives and never looks whether the peer has ended."""

import ast
from collections.abc import Iterator

from iomodels.migrate.bindings import parents
from iomodels.migrate.hazards import LEAVES, leaves_loop, one_connection
from iomodels.migrate.module import Call, Module, dotted
from iomodels.migrate.received import receives, uses
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant
from iomodels.migrate.uses import Use
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import socket


def read_line(connection):
    line = b""
    while not line.endswith(b"\\n"):
        line += connection.recv(1)
    return line


connection = socket.create_connection(("127.0.0.1", 8080))
print(read_line(connection))
"""

# Then the end is looked at, here or by other code.
SEEN = {Use.TESTED, Use.MEASURED, Use.GIVEN, Use.FED, Use.LEFT}
RAISE = {"unpack", "unpack_from", "loads", "int"}


def check(module: Module) -> Iterator[Spot]:
    """Each recv of a loop whose bytes nobody asks for being there."""
    every = receives(module)
    for call in every:
        if not _again(module, call) or (call.discarded and constant(call.argument(0)) == 1):  # one byte, to wake or to wait
            continue
        if not any(_sees(module, other) for other in every if other is call or _beside(call, other)):
            yield Spot(
                call.node, 'the loop never sees b"", which recv returns for ever once the peer has ended', call.confidence
            )


def _sees(module: Module, call: Call) -> bool:
    """Whether something looks at what a recv returns."""
    return any(
        _raises(module, call, where) if use is Use.PARSED else use in SEEN and _can_leave(module, call, use, where)
        for use, where in uses(module, call)
    )


def _raises(module: Module, call: Call, where: ast.AST) -> bool:
    """Whether it is a call that raises when it is given nothing, within the loop."""
    if not isinstance(where, ast.Call) or dotted(where.func).rpartition(".")[2] not in RAISE:
        return False
    at: ast.AST | None = where
    above = parents(module, call.function)
    while call.loops and at is not None and at is not call.loops[-1]:
        at = above.get(id(at))
    return at is not None


def _beside(call: Call, other: Call) -> bool:
    """Whether another recv on the same socket is made in each round of the same loop: it returns b"" the next time."""
    same = other.function is call.function and other.receiver == call.receiver
    return same and other.loops[: len(call.loops)] == call.loops


def _can_leave(module: Module, call: Call, use: Use, where: ast.AST) -> bool:
    """Whether a look at the bytes may end the loop.

    `while len(data) < n` goes on at the end of input, and so does `if data:` when nothing else leaves.
    """
    above = parents(module, call.function)
    if use is Use.MEASURED:
        return not (call.loops and above.get(id(where)) is call.loops[-1])
    if use is not Use.TESTED or not isinstance(where, ast.If) or where.orelse or not isinstance(where.test, ast.Name):
        return True
    if not call.loops or where not in call.loops[-1].body:
        return True
    inside = {id(part) for part in ast.walk(where)}
    return any(isinstance(part, LEAVES) and id(part) not in inside for part in ast.walk(call.loops[-1]))


def _again(module: Module, call: Call) -> bool:
    """Whether the recv is made again after it has returned."""
    if any(isinstance(loop, ast.While) for loop in call.loops):
        return not one_connection(call, call.loops[-1]) and not leaves_loop(module, call)
    return in_event_loop(module, call)


RULE = Rule(
    code="IOM203",
    name="no-end-of-input",
    group=Group.HAZARD,
    summary="a loop that receives never looks for the end of input: it spins, or keeps the connection for ever",
    asyncio="data = await reader.read(n); if not data: break. readexactly and readuntil raise IncompleteReadError",
    trio="data = await stream.receive_some(n); if not data: break",
    anyio="await stream.receive(n) raises EndOfStream at the end; catch it",
    by=By.HAND,
    trap="A peer that has ended makes recv return b'' at once, every time: a thread that spins costs a core, a task that "
    "spins on asyncio stops the loop as well, for a read at the end of input does not yield. On anyio the same loop ends by "
    "an exception, and takes its task group with it.",
    guide="traps.md#close_wait",
    case="leaks/no-close-wait",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.recv"}),
)
