"""A blocking send on a socket."""

from collections.abc import Iterator

from iomodels.migrate.hazards import is_stream
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync

EXAMPLE = """\
import socket

with socket.create_connection(("127.0.0.1", 8080)) as sock:
    sock.sendall(b"hello\\n")
"""

SENDS = frozenset(
    {
        "socket.socket.send",
        "socket.socket.sendall",
        "socket.socket.sendfile",
        "socket.socket.sendmsg",
        "socket.socket.write",
        "asyncore.dispatcher.send",
        "asyncore.dispatcher_with_send.send",
        "asynchat.async_chat.send",
    }
)
KEEP = {"asyncore.dispatcher_with_send.send", "asynchat.async_chat.send"}


def check(module: Module) -> Iterator[Spot]:
    """Each send in plain code."""
    for call in sync(module.called(*SENDS)):
        name = min(call.names & SENDS)
        on = "on a dispatcher, which keeps what does not fit" if name in KEEP else "on a socket"
        if not is_stream(module, call):
            on = "on a socket that is no stream: what takes its place sends whole messages"
        yield Spot(call.node, f"{name.rpartition('.')[2]} {on}", call.confidence)


RULE = Rule(
    code="IOM105",
    name="send",
    group=Group.SHAPE,
    summary="a send on a socket",
    asyncio="writer.write(data); await writer.drain()",
    trio="await stream.send_all(data)",
    anyio="await stream.send(data)",
    by=By.MACHINE,
    trap="asyncio's `write` never waits: without `await writer.drain()` whoever reads slowly fills the memory. `send` takes "
    "what fits and returns how much that was; the awaited forms take everything. A trio or anyio send that is cancelled "
    "may have sent a part.",
    guide="recipes/backpressure.md",
    case="integrity/late-reader",
    example=EXAMPLE,
    check=check,
    needs=SENDS,
)
