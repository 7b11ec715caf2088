"""A loop that reads a socket, and blocks until something comes."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import made_here
from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.polling import datagrams, not_ready
from iomodels.migrate.received import is_wake_up
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import callers, loops_round, rounds, sync, targets_of
from iomodels.migrate.waits import in_event_loop, waits, waits_in

EXAMPLE = """\
import socket


def read_exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


sock = socket.create_connection(("127.0.0.1", 8080))
header = read_exactly(sock, 4)
"""

READS = frozenset(f"socket.socket.{name}" for name in ("recv", "recv_into", "recvmsg", "read"))


def check(module: Module) -> Iterator[Spot]:
    """Each receive in a loop, unless an event loop makes it or it does not block."""
    for call in sync(module.called(*READS)):
        if is_wake_up(call) or not _reads_on(module, call, call.receiver) or datagrams(module, call):
            continue
        waited = any(waits_in(module, loop) for _, loop in rounds(module, call))
        if not_ready(module, call) is not None and not waited:
            continue
        if not in_event_loop(module, call) or _goes_on(module, call):
            yield Spot(call.node, "", call.confidence)


def _reads_on(module: Module, call: Call, name: str, steps: int = 3) -> bool:
    """Whether a loop makes the call again on the same socket, which has that name where the call stands.

    In a loop that gives the name to another socket each time, over connections or addresses, one receive is no reading loop.
    """
    loops = loops_round(module, call)
    if loops:
        return not _renames(loops[0], name)
    if steps == 0 or made_here(call, name):
        return False
    return any(_reads_on(module, up, _name_in(call.function, up, name), steps - 1) for up in callers(module, call.function))


def _renames(loop: ast.AST, name: str) -> bool:
    """Whether the name, or what it is an attribute of, is bound anew in the loop."""
    targets = (part for node in ast.walk(loop) for target in targets_of(node) for part in ast.walk(target))
    bound = {dotted(part) for part in targets if isinstance(part, ast.Name | ast.Attribute)} - {"", "self"}
    return any(name == one or name.startswith(f"{one}.") for one in bound)


def _name_in(function: Function, up: Call, name: str) -> str:
    """What a caller of the function calls the socket."""
    root, dot, rest = name.partition(".")
    parameters = [argument.arg for argument in function.parameters[1 if function.is_method else 0 :]]
    if root in parameters:
        given = up.argument(parameters.index(root), root)
        return dotted(given) + dot + rest if given is not None else ""
    if root == "self" and up.receiver != "self":
        return up.receiver + dot + rest
    return name


def _goes_on(module: Module, call: Call) -> bool:
    """Whether the call has a loop of its own, though an event loop calls it: it reads on, and blocks."""
    own = call.loops[-1] if call.loops else None
    return isinstance(own, ast.While) and not call.tries and not any(wait.call.node in ast.walk(own) for wait in waits(module))


RULE = Rule(
    code="IOM104",
    name="recv-loop",
    group=Group.SHAPE,
    summary="a loop that reads a socket and blocks until something comes",
    asyncio="while data := await reader.read(n): ...; n bytes and no fewer: await reader.readexactly(n)",
    trio="async for data in stream: ...; or data = await stream.receive_some(n)",
    anyio="async for data in stream: ...; n bytes and no fewer: await BufferedByteReceiveStream(stream).receive_exactly(n)",
    by=By.MACHINE,
    trap="The end of input is told in different ways: recv, reader.read and receive_some return b'', anyio's receive raises "
    "EndOfStream, and asyncio's readexactly raises IncompleteReadError, whose `partial` has what had come. A receive may "
    "return less than a message, or several, before and after.",
    guide="recipes/binary_framing.md",
    case="segmentation/byte-by-byte",
    example=EXAMPLE,
    check=check,
    needs=READS,
)
