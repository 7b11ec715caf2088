"""What one recv returns, taken for a whole message."""

import ast
from collections.abc import Iterator

from iomodels.migrate.bindings import parents
from iomodels.migrate.finding import Confidence
from iomodels.migrate.hazards import one_connection
from iomodels.migrate.module import Call, Module, dotted
from iomodels.migrate.polling import mentions
from iomodels.migrate.received import receives, uses
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant, rounds
from iomodels.migrate.uses import Use
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import json
import socket


def ask(address, question):
    with socket.create_connection(address) as connection:
        connection.sendall(json.dumps(question).encode())
        return json.loads(connection.recv(65536))
"""

# Then what is incomplete is kept, or the code looks whether enough has come.
HEADER = 16  # bytes: what is no larger is a field, and no buffer
UNPACKS = {"unpack", "unpack_from", "from_bytes", "ord"}  # whose result is a length, where a recv is given it
LESS = {Confidence.CERTAIN: Confidence.LIKELY, Confidence.LIKELY: Confidence.POSSIBLE, Confidence.POSSIBLE: Confidence.POSSIBLE}
KEPT = {Use.GATHERED, Use.MEASURED, Use.FED}


def check(module: Module) -> Iterator[Spot]:
    """Each recv whose bytes are split, unpacked, compared or decoded at once, and each that is the only one and is printed."""
    for call in receives(module):
        followed = list(uses(module, call))
        found = {use for use, _ in followed}
        if constant(call.argument(0)) == 1 or KEPT & found:
            continue
        if Use.PARSED in found:
            where = _line(module, call, [where for use, where in followed if use is Use.PARSED])
            yield Spot(call.node, f"what one recv returns is taken for a whole message{where}", call.confidence)
        elif _exactly(call) and found & {Use.GIVEN, Use.LEFT}:
            yield Spot(call.node, "one recv is taken to return all that it asks for", call.confidence)
        elif Use.DECODED in found:
            yield Spot(call.node, "what one recv returns is decoded by itself: it may end within a character", call.confidence)
        elif Use.SAID in found and _once(module, call):
            yield Spot(call.node, "what one recv returns is taken for all that was sent", call.confidence)
        elif _once(module, call) and any(use is Use.GIVEN and _parses(where) for use, where in followed):
            yield Spot(call.node, "what one recv returns is parsed as a whole message", LESS[call.confidence])


def _line(module: Module, call: Call, looks: list[ast.AST]) -> str:
    """The first line that looks at the bytes, below the recv and in its function; "" for its own line, or where none does."""
    within = parents(module, call.function)
    lines = sorted(getattr(node, "lineno", 0) for node in looks if id(node) in within)
    behind = [line for line in lines if line >= call.node.lineno]
    return f" in line {behind[0]}" if behind and behind[0] != call.node.lineno else ""


def _parses(where: ast.AST) -> bool:
    """Whether a call is of something that is called `parse`: it may keep what is incomplete, but then it is fed in a loop."""
    return isinstance(where, ast.Call) and dotted(where.func).rpartition(".")[2] == "parse"


def _exactly(call: Call) -> bool:
    """Whether it asks for so many bytes as something has: `recv(4)`, `recv(len(digest))`, `recv(n)` of an `n` that was read."""
    size = call.argument(0)
    number = constant(size)
    if isinstance(size, ast.Name | ast.Subscript):
        name = size.value if isinstance(size, ast.Subscript) else size
        bindings = call.function.names.get(name.id, ()) if isinstance(name, ast.Name) else ()
        return any(binding.node is not None and mentions(binding.node, UNPACKS) for binding in bindings)
    if isinstance(size, ast.Call):
        return ast.unparse(size.func).rpartition(".")[2] in ("len", "calcsize")
    return isinstance(number, int) and 1 < number <= HEADER


def _once(module: Module, call: Call) -> bool:
    """Whether it is called once for each connection, as far as this module shows."""
    around = next(rounds(module, call), None)
    if around is None:
        return not in_event_loop(module, call)
    here, loop = around
    return one_connection(here, loop)


RULE = Rule(
    code="IOM202",
    name="recv-as-message",
    group=Group.HAZARD,
    summary="what one recv returns is taken for a whole message: it may be a part of one, or several",
    asyncio="await reader.readline(), await reader.readuntil(separator), or await reader.readexactly(n) after a length",
    trio="keep what is incomplete: buffer += await stream.receive_some(n), and cut whole messages out of it",
    anyio="buffered = BufferedByteReceiveStream(stream): await buffered.receive_until(separator, limit), or receive_exactly(n)",
    by=By.HAND,
    trap="TCP keeps no borders: on loopback a small message nearly always arrives in one piece, so tests pass; on a network, "
    "or when the peer writes twice in a row, it does not. Reading through reader.read(n) keeps the fault. Which border "
    "the protocol has (line, length, end of stream) must be known before the code can be right. Not said of a receive whose "
    "length is looked at, as in `if len(data) != 4: return`: a short one is noticed there, though it is taken for the end.",
    guide="traps.md#a-message-is-not-a-receive",
    case="segmentation/byte-by-byte",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.recv"}),
)
