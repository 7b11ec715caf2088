"""A loop that reads a socket, and blocks until something comes."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Module
from iomodels.migrate.polling import not_ready
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import rounds, sync
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
        loops = [loop for _, loop in rounds(module, call)]
        waited = any(waits_in(module, loop) for loop in loops)
        if not loops or (not_ready(module, call) is not None and not waited):
            continue
        if not in_event_loop(module, call) or _goes_on(module, call):
            yield Spot(call.node, "", call.confidence)


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
