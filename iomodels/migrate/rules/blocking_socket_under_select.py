"""A connection accepted in an event loop that stays blocking."""

import ast
from collections.abc import Iterator

from iomodels.migrate.connections import Way, served
from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import select
import socket

listener = socket.create_server(("127.0.0.1", 8080))
sockets = [listener]
while True:
    readable, _, _ = select.select(sockets, [], [])
    for sock in readable:
        if sock is listener:
            connection, address = listener.accept()
            sockets.append(connection)
        elif data := sock.recv(4096):
            sock.sendall(data.upper())
        else:
            sockets.remove(sock)
            sock.close()
"""

READS = ("socket.socket.recv", "socket.socket.recv_into")
IN_THE_LOOP = (Way.KEPT, Way.INLINE, Way.GIVEN)


def check(module: Module) -> Iterator[Spot]:
    """Each such accept, in a module that makes nothing non-blocking but its listener."""
    if not module.called(*READS):
        return  # the connections are served elsewhere
    for one in served(module):
        accept = one.accept
        if one.way not in IN_THE_LOOP or not in_event_loop(module, accept) or _unblocked(module, accept):
            continue
        unsure = one.way is Way.GIVEN and accept.confidence is Confidence.CERTAIN
        text = "the accepted connection stays blocking: a send to a peer that does not read stops the loop"
        yield Spot(accept.node, text, Confidence.LIKELY if unsure else accept.confidence)


def _unblocked(module: Module, accept: Call) -> bool:
    """Whether a socket is made non-blocking that is not the listener."""
    for call in module.calls:
        if call.last in ("setblocking", "settimeout") and constant(call.argument(0)) in (False, 0, 0.0):
            if call.receiver != accept.receiver or _same_name(accept):
                return True
        elif call.last in ("set_blocking", "fcntl") or "SOCK_NONBLOCK" in ast.unparse(call.node.func):
            return True
    return False


def _same_name(accept: Call) -> bool:
    """`sock, address = sock.accept()`: the listener's name is the connection's as well."""
    names = [node for node in ast.walk(accept.statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return any(node.id == accept.receiver for node in names)


RULE = Rule(
    code="IOM206",
    name="blocking-socket-under-select",
    group=Group.HAZARD,
    summary="a connection accepted in an event loop stays blocking",
    asyncio="asyncio.start_server(handle, host, port): its sockets are non-blocking; loop.sock_* wants setblocking(False)",
    trio="trio.serve_tcp(handle, port): its sockets are non-blocking",
    anyio="await listener.serve(handle): its sockets are non-blocking",
    by=By.BOTH,
    trap="Readiness is a hint (select(2), BUGS), and says nothing of how much a send may write: one sendall to a peer that "
    "does not read stops everybody. After the move that one task waits alone; nothing bounds how many wait so, where the old "
    "loop served nobody else meanwhile.",
    guide="traps.md#spurious-readiness",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.accept"}),
)
