"""What one recv returns, taken for a whole message."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import one_connection
from iomodels.migrate.module import Call, Module
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
KEPT = {Use.GATHERED, Use.MEASURED, Use.FED}


def check(module: Module) -> Iterator[Spot]:
    """Each recv whose bytes are split, unpacked, compared or decoded at once, and each that is the only one and is printed."""
    for call in receives(module):
        found = dict(uses(module, call))
        if constant(call.argument(0)) == 1 or KEPT & found.keys():
            continue
        if Use.PARSED in found:
            line = getattr(found[Use.PARSED], "lineno", call.node.lineno)
            where = "" if line == call.node.lineno else f" in line {line}"
            yield Spot(call.node, f"what one recv returns is taken for a whole message{where}", call.confidence)
        elif _exactly(call) and found.keys() & {Use.GIVEN, Use.LEFT}:
            yield Spot(call.node, "one recv is taken to return all that it asks for", call.confidence)
        elif Use.DECODED in found:
            yield Spot(call.node, "what one recv returns is decoded by itself: it may end within a character", call.confidence)
        elif Use.SAID in found and _once(module, call):
            yield Spot(call.node, "what one recv returns is taken for all that was sent", call.confidence)


def _exactly(call: Call) -> bool:
    """Whether it asks for so many bytes as something has: `recv(4)`, `recv(len(digest))`."""
    size = call.argument(0)
    number = constant(size)
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
    trap="TCP keeps no borders. On loopback a small message nearly always arrives in one piece, so tests pass; on a network, "
    "or when the peer writes twice in a row, it does not. Reading through reader.read(n) keeps the fault. Which border the "
    "protocol has (line, length, end of stream) must be known before the code can be right.",
    guide="traps.md#a-message-is-not-a-receive",
    case="segmentation/byte-by-byte",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.recv"}),
)
