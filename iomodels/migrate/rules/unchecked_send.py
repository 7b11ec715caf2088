"""A send whose count nobody looks at."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import is_stream, likely_socket
from iomodels.migrate.module import Call, Module
from iomodels.migrate.polling import mentions
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant

EXAMPLE = """\
import socket


def answer(connection, text):
    connection.send(text)


connection, address = socket.create_server(("127.0.0.1", 8080)).accept()
answer(connection, b"hello")
"""

# dispatcher_with_send keeps the rest itself, and its subclasses have a send of their own name.
SENDS = frozenset({"socket.socket.send", "asyncore.dispatcher.send", "asynchat.async_chat.send"})


def check(module: Module) -> Iterator[Spot]:
    """Each send of a stream whose result is thrown away, or bound to a name that is never read."""
    for call in module.called(*SENDS):
        if call.awaited or not (call.discarded or _never_read(call)):
            continue
        if likely_socket(call) and is_stream(module, call) and not _cannot_be_short(call):
            text = f"{ast.unparse(call.node.func)}() says how many bytes it took, and nobody looks"
            yield Spot(call.node, text, call.confidence)


def _never_read(call: Call) -> bool:
    """Whether the count gets a name, and the function does not read that name."""
    match call.statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call.node:
            nodes = ast.walk(call.function.node)
            return not any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) for node in nodes)
    return False


def _cannot_be_short(call: Call) -> bool:
    """One byte is sent or is not; so is the urgent one. Of no bytes none is lost. What is called with a keyword is no
    socket's send.
    """
    data = constant(call.argument(0))
    flags = call.argument(1)
    if call.node.keywords or (flags is not None and mentions(flags, {"MSG_OOB"})):
        return True
    return data == b"" or (isinstance(data, bytes | str) and len(data) == 1)


RULE = Rule(
    code="IOM201",
    name="unchecked-send",
    group=Group.HAZARD,
    summary="the count that send returns is not looked at: what the kernel did not take is lost",
    asyncio="writer.write(data); await writer.drain(): it takes all of it",
    trio="await stream.send_all(data): it takes all of it",
    anyio="await stream.send(data): it takes all of it",
    by=By.MACHINE,
    trap="What the kernel did not take is lost, with a non-blocking socket, with a timeout, or with a peer that reads "
    "slowly; on a blocking socket a send takes nearly always all, so the fault sleeps. The async calls have no count: "
    "after the move all bytes arrive, and code that counted on less will see more. sendall is the same without the "
    "move.",
    guide="traps.md#the-short-write",
    case="integrity/late-reader",
    example=EXAMPLE,
    check=check,
    needs=SENDS,
)
