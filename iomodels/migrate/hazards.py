"""What several hazards are told by: which socket a call is made on, and what stands round a node."""

import ast

from iomodels.migrate.bindings import bindings_of, parents
from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Call, Loop, Module, dotted
from iomodels.migrate.polling import STREAMS, mentions
from iomodels.migrate.shapes import bound_names, remembered, rounds

__all__ = [
    "IO",
    "LEAVES",
    "NOT_STREAMS",
    "calls_by_node",
    "is_stream",
    "leaves_loop",
    "likely_socket",
    "made_here",
    "one_connection",
    "received_again",
]

NOT_STREAMS = frozenset(
    ["SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET", "AF_PACKET", "AF_NETLINK", "AF_CAN", "PF_PACKET", "PF_CAN"]
)
LEAVES = (ast.Break, ast.Return, ast.Raise)
SOCKET_NAMES = ("sock", "listener")
WITH_ARGUMENTS = {"recv", "recvfrom", "recv_into", "send", "sendall", "sendto", "connect", "connect_ex"}
SOCKET_METHODS = {"recv", "recv_into", "setblocking", "settimeout", "shutdown"}
CONNECTS = ("socket.socket.accept", "socket.socket", "socket.create_connection", "socket.socket.connect")
IO = frozenset(
    f"{owner}.{name}"
    for owner in ("socket.socket", "asyncore.dispatcher", "asyncore.dispatcher_with_send", "asynchat.async_chat")
    for name in ("recv", "recv_into", "recvfrom", "recvmsg", "send", "sendall", "sendto", "accept", "connect", "sendfile")
) | {"socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def is_stream(module: Module, call: Call, but: frozenset[str] = NOT_STREAMS) -> bool:
    """Whether nothing says that the socket is one for datagrams or packets, or something that it may be a stream as well."""
    made = [binding.node for binding in bindings_of(call, module) if binding.node is not None]
    return any(mentions(node, STREAMS) for node in made) or not any(mentions(node, but) for node in made)


def likely_socket(call: Call) -> bool:
    """Whether enough is known of what a method is called on: a `conn` may be the connection of any library, h11's for one.

    It is a socket if it is named so, or if the same function does with it what is done with sockets alone.
    """
    if call.last in WITH_ARGUMENTS and not call.node.args and not call.node.keywords:
        return False
    if call.confidence is not Confidence.POSSIBLE or any(word in call.receiver.lower() for word in SOCKET_NAMES):
        return True
    alike = (other for other in call.function.calls if other.receiver == call.receiver and len(other.node.args) == 1)
    return any(other.last in SOCKET_METHODS for other in alike)


def one_connection(call: Call, loop: Loop) -> bool:
    """Whether what a call is made on, or given, is accepted or made anew in each round of a loop."""
    names = {call.receiver, *(dotted(argument) for argument in call.node.args)} - {""}
    makers = (other for other in call.function.calls if other.calls(*CONNECTS) and loop in other.loops)
    return any(bound_names(other) & names for other in makers)


@remembered
def calls_by_node(module: Module) -> dict[int, Call]:
    """Each call, by the id of its node."""
    return {id(call.node): call for call in module.calls}


def received_again(module: Module, call: Call) -> bool:
    """Whether a loop makes the call again: not one that tries until it has been done once, or goes over addresses."""
    for here, loop in rounds(module, call):
        over = loop.iter if isinstance(loop, ast.For) else None
        if isinstance(over, ast.Call) and dotted(over.func).rpartition(".")[2] == "getaddrinfo":
            continue
        tried = any(part is loop.body[0] or part.lineno > loop.lineno for part in call.tries)
        if here is call and loop is call.loops[-1] and tried and leaves_loop(module, call):
            continue
        return True
    return False


def made_here(call: Call, name: str) -> bool:
    """Whether the function that makes a call makes the socket as well: a new one, each time that it is run."""
    return any(other.calls(*CONNECTS) and name in bound_names(other) for other in call.function.calls)


def leaves_loop(module: Module, call: Call) -> bool:
    """Whether the statements that it stands in end by leaving the loop."""
    above = parents(module, call.function)
    node: ast.AST = call.statement
    while call.loops and node is not call.loops[-1] and id(node) in above:
        around = above[id(node)]
        for body in (getattr(around, name, []) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list) and node in body and isinstance(body[-1], LEAVES):
                return True
        node = around
    return False
