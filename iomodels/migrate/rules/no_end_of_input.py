"""A loop that receives and never looks whether the peer has ended."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import one_connection, parents
from iomodels.migrate.module import Call, Module
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
LEAVES = (ast.Break, ast.Return, ast.Raise)


def check(module: Module) -> Iterator[Spot]:
    """Each recv of a loop whose bytes nobody asks for being there."""
    for call in receives(module):
        if not _again(module, call) or (call.discarded and constant(call.argument(0)) == 1):  # one byte, to wake or to wait
            continue
        if not any(use in SEEN and _can_leave(module, call, use, where) for use, where in uses(module, call)):
            yield Spot(
                call.node, 'the loop never sees b"", which recv returns for ever once the peer has ended', call.confidence
            )


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
        return not one_connection(call, call.loops[-1]) and not _leaves(module, call)
    return in_event_loop(module, call)


def _leaves(module: Module, call: Call) -> bool:
    """Whether the statements that it stands in end by leaving the loop."""
    above = parents(module, call.function)
    node: ast.AST = call.statement
    while node is not call.loops[-1] and id(node) in above:
        around = above[id(node)]
        for body in (getattr(around, name, []) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list) and node in body and isinstance(body[-1], LEAVES):
                return True
        node = around
    return False


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
