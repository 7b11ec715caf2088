"""Input up to a terminator, as asynchat collects it."""

import ast
from collections.abc import Iterator

from iomodels.migrate.conversing import CHAT, converses
from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import base_from, constant

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


def check(module: Module) -> Iterator[Spot]:
    """The class of each conversation, with the terminators that are set in it."""
    for class_ in module.classes:
        if converses(module, class_):
            terminators = sorted(
                {_kind(call) for call in module.calls if call.last == "set_terminator" and call.function.class_ is class_}
            )
            text = f"input is collected {' or '.join(terminators)}" if terminators else ""
            yield Spot(base_from(module, class_, {CHAT}) or class_.node, text)


def _kind(call: Call) -> str:
    """What a terminator is, in words."""
    given = call.argument(0, "term")
    value = constant(given)
    if isinstance(value, bytes | str):
        return f"up to {value!r}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"in pieces of {value} bytes"
    return "as it comes" if value is None else f"up to {ast.unparse(given)}" if given is not None else "up to a terminator"


RULE = Rule(
    code="IOM116",
    name="asynchat-terminator",
    group=Group.SHAPE,
    summary="a conversation of asynchat: input is collected up to a terminator",
    asyncio="line = await reader.readuntil(b'\\n'); for a length: await reader.readexactly(n)",
    trio="a buffer of your own: bytearray, += await stream.receive_some(), cut at the terminator",
    anyio="buffered = BufferedByteReceiveStream(stream); await buffered.receive_until(b'\\n', limit); for a length: "
    "receive_exactly(n)",
    by=By.BOTH,
    trap="What asynchat collects has no limit, readuntil's is 64 KiB, and beyond it raises. The terminator may change in the "
    "middle of the stream (a line with a length, then so many bytes): each change becomes another call in the order of "
    "the protocol. set_terminator(None) takes all that comes. push queues without a bound, and a producer is asked for "
    "more as the peer takes it.",
    guide="concepts/asynchat.md",
    case="lines/endless-line",
    example=EXAMPLE,
    check=check,
)
