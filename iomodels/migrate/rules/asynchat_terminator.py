"""Input up to a terminator, as asynchat collects it."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant

EXAMPLE = """\
import asynchat


class Lines(asynchat.async_chat):
    def __init__(self, sock):
        super().__init__(sock)
        self.set_terminator(b"\\n")
        self.line = b""

    def collect_incoming_data(self, data):
        self.line += data

    def found_terminator(self):
        self.push(self.line.upper() + b"\\n")
        self.line = b""
"""

CHAT = "asynchat.async_chat"


def check(module: Module) -> Iterator[Spot]:
    """Each set_terminator, and each found_terminator that a class defines."""
    for call in module.called(f"{CHAT}.set_terminator", "smtpd.SMTPChannel.set_terminator"):
        yield Spot(call.node, _kind(call.argument(0, "term")), call.confidence)
    for class_ in module.classes:
        found = class_.methods.get("found_terminator")
        if found is not None and CHAT in module.ancestors(class_):
            yield Spot(found.node, "found_terminator is called at the end of each piece of input")


def _kind(terminator: ast.expr | None) -> str:
    value = constant(terminator)
    if isinstance(value, bytes | str):
        return f"input is collected up to {value!r}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"input is collected in pieces of {value} bytes"
    return "input is collected up to a terminator or a length"


RULE = Rule(
    code="IOM116",
    name="asynchat-terminator",
    group=Group.SHAPE,
    summary="input that asynchat collects up to a terminator",
    asyncio="line = await reader.readuntil(b'\\n'); for a length: await reader.readexactly(n)",
    trio="a buffer of your own: bytearray, += await stream.receive_some(), cut at the terminator",
    anyio="buffered = BufferedByteReceiveStream(stream); await buffered.receive_until(b'\\n', limit); for a length: "
    "receive_exactly(n)",
    by=By.BOTH,
    trap="The terminator may change in the middle of the stream (a line with a length, then so many bytes): each change "
    "becomes another call in the order of the protocol. What asynchat collects has no limit, readuntil's is 64 KiB. "
    "set_terminator(None) takes all that comes. push queues without a bound, and a producer is asked for more as the peer "
    "takes it.",
    guide="concepts/asynchat.md",
    case="lines/endless-line",
    example=EXAMPLE,
    check=check,
)
