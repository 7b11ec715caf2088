"""Sockets that do not block: which they are, and which of them are asked again and again."""

import ast
from collections.abc import Iterable

from iomodels.migrate.bindings import bindings_of
from iomodels.migrate.module import Call, Module
from iomodels.migrate.shapes import constant, handler_names, rounds
from iomodels.migrate.waits import in_event_loop, waits_in

__all__ = ["STREAMS", "asked_again", "datagrams", "mentions", "not_blocking", "not_ready"]

NOT_NOW = {"BlockingIOError", "ssl.SSLWantReadError", "ssl.SSLWantWriteError"}
ERRNOS = {"EAGAIN", "EWOULDBLOCK", "WSAEWOULDBLOCK"}
UNDER_WAY = {"EINPROGRESS", "WSAEINPROGRESS", "EWOULDBLOCK", "WSAEWOULDBLOCK"}
TIMEOUTS = {"socket.timeout", "TimeoutError"}
ASKS = {"accept", "recv", "recv_into", "recvfrom", "recvfrom_into"}
LEAVES = (ast.Return, ast.Raise, ast.Break)
STREAMS = {"SOCK_STREAM", "accept", "create_connection"}  # in what makes a socket
WAITING = ("wait", "select", "poll", "trampoline", "yield", "switch")


def not_ready(module: Module, call: Call) -> ast.ExceptHandler | None:
    """The except clause round a call that takes "not now" for an answer, as a non-blocking socket gives it."""
    for tried in reversed(call.tries):
        caught = [(handler, handler_names(module, handler, call.function)) for handler in tried.handlers]
        if any(names & TIMEOUTS for _, names in caught):
            return None  # a socket with a timeout waits
        for handler, names in caught:
            if names & NOT_NOW or mentions(handler, ERRNOS):
                return handler
    return None


def asked_again(module: Module, call: Call) -> bool:
    """Whether a call that was told "not now" is made again, in a loop that nowhere waits."""
    handler = not_ready(module, call)
    if handler is None or in_event_loop(module, call) or _waits(handler):
        return False
    loops = [(here is call, loop) for here, loop in rounds(module, call)]
    if any(waits_in(module, loop) or (own and _waits(loop)) for own, loop in loops):
        return False
    leaving = _leaving(handler)
    if isinstance(leaving, ast.Return):  # and whoever called asks again
        return call.last in ASKS and any(isinstance(loop, ast.While) for own, loop in loops if not own)
    around = [loop for own, loop in loops if own and any(part is handler for part in ast.walk(loop))]
    return not isinstance(leaving, LEAVES) and any(isinstance(loop, ast.While) for loop in around)


def mentions(node: ast.AST, names: Iterable[str]) -> bool:
    """Whether one of the names is written in it, alone or as an attribute."""
    return any(
        (isinstance(part, ast.Name) and part.id in names) or (isinstance(part, ast.Attribute) and part.attr in names)
        for part in ast.walk(node)
    )


def _leaving(handler: ast.ExceptHandler) -> ast.stmt:
    """The statement that "not now" leads to: the last of the clause, or of its branch that looks at errno."""
    for statement in handler.body:
        if isinstance(statement, ast.If) and mentions(statement.test, ERRNOS):
            compared = [operator for part in ast.walk(statement.test) if isinstance(part, ast.Compare) for operator in part.ops]
            if any(isinstance(operator, ast.NotEq | ast.NotIn) for operator in compared):
                return (statement.orelse or handler.body[handler.body.index(statement) + 1 :] or [ast.Pass()])[-1]
            return statement.body[-1]
    return handler.body[-1]


def _waits(node: ast.AST) -> bool:
    """Whether it calls something that waits, by its name."""
    called = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    names = [func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else "" for func in called]
    return any(word in name.lower() for name in names for word in WAITING)


def datagrams(module: Module, call: Call) -> bool:
    """Whether the socket is one for datagrams, by how it was made, or because the same function receives or sends them
    with it: its connect only sets an address.
    """
    name = call.receiver
    made = [binding.node for binding in bindings_of(call, module) if binding.node is not None]
    if any(mentions(node, STREAMS) for node in made):  # it may be either: what is said of streams is said
        return False
    if any(mentions(node, {"SOCK_DGRAM"}) for node in made):
        return True
    return any(
        other.receiver == name and other.last in ("recvfrom", "sendto", "recvfrom_into") for other in call.function.calls
    )


def not_blocking(module: Module, call: Call) -> bool:
    """Whether the socket was made non-blocking before the call, or the code expects that it is."""
    caught = {
        name for tried in call.tries for handler in tried.handlers for name in handler_names(module, handler, call.function)
    }
    if caught & NOT_NOW or mentions(call.function.node, UNDER_WAY):
        return True
    last = None  # the one that is nearest above: of two branches, the last
    for other in call.function.calls:
        if (
            other.receiver == call.receiver
            and other.node.lineno <= call.node.lineno
            and other.last in ("setblocking", "settimeout")
        ):
            last = other
    return last is not None and constant(last.argument(0)) in (False, 0, 0.0)
