"""A file made of a socket, mostly for reading lines."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Function, Module, dotted
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync

EXAMPLE = """\
import socket

with socket.create_connection(("127.0.0.1", 8080)) as sock:
    for line in sock.makefile("rb"):
        print(line)
"""

HANDLER = "socketserver.StreamRequestHandler"
MAKES = "socket.socket.makefile"
READS = ("socket.SocketIO.readline", "socket.SocketIO.readlines")


def check(module: Module) -> Iterator[Spot]:
    """Each file that is made of a socket, and each line that a handler of socketserver reads from its `rfile`."""
    for call in sync(module.called(MAKES)):
        yield Spot(call.node, "", call.confidence)
    for call in sync(module.called(*READS)):
        if _handler(module, call.function) and call.receiver.endswith("rfile"):
            yield Spot(call.node, "a line is read from a handler's rfile", call.confidence)
    for function in module.functions:
        for loop in function.loops if _handler(module, function) else ():
            if isinstance(loop, ast.For) and dotted(loop.iter) == "self.rfile":
                yield Spot(loop.iter, "lines are read from a handler's rfile")


def _handler(module: Module, function: Function) -> bool:
    """Whether it is a method of a handler of socketserver."""
    return function.class_ is not None and HANDLER in module.ancestors(function.class_)


RULE = Rule(
    code="IOM106",
    name="makefile-lines",
    group=Group.SHAPE,
    summary="a file made of a socket, for reading lines",
    asyncio="while line := await reader.readline(): ...",
    trio="a buffer of your own: bytearray, += await stream.receive_some(), cut at b'\\n'",
    anyio="line = await BufferedByteReceiveStream(stream).receive_until(b'\\n', limit)",
    by=By.BOTH,
    trap="asyncio's readline has a limit, which a file's has not: beyond 64 KiB, unless `limit=` is given, it raises "
    "ValueError, having thrown away what it had; anyio's raises DelimiterNotFound. The last line without a newline "
    "comes as it is from asyncio, and raises IncompleteRead on anyio. Text mode decodes and translates newlines; the "
    "streams give bytes.",
    guide="recipes/line_framing.md",
    case="lines/endless-line",
    example=EXAMPLE,
    check=check,
)
