"""What is asked again and again: sockets that are not ready, flags between two sleeps, queues."""

import ast
from collections.abc import Iterable, Iterator

from iomodels.migrate.module import Call, Loop, Module, dotted
from iomodels.migrate.shapes import constant, handler_names, rounds, targets_of
from iomodels.migrate.waits import in_event_loop, waits_in

__all__ = ["asked_again", "datagrams", "looks_between_sleeps", "looks_by_get", "not_blocking", "not_ready"]

NOT_NOW = {"BlockingIOError", "ssl.SSLWantReadError", "ssl.SSLWantWriteError"}
ERRNOS = {"EAGAIN", "EWOULDBLOCK", "WSAEWOULDBLOCK"}
UNDER_WAY = ERRNOS | {"EINPROGRESS", "WSAEINPROGRESS"}
EMPTY = {"queue.Empty", "Queue.Empty", "multiprocessing.queues.Empty", "Empty", "Exception"}
WAITING = ("wait", "select", "poll", "trampoline", "yield", "switch")
LEAVES = (ast.Return, ast.Raise, ast.Break)
# Calls that only look. A name that begins with `is_` or `has_` does, too.
LOOKS = {
    "is_alive",
    "isAlive",
    "isSet",
    "empty",
    "qsize",
    "poll",
    "exists",
    "isfile",
    "locked",
    "done",
    "ready",
    "active_count",
    "len",
}
LOOKS |= {"any", "all", "get", "active_children", "getattr"}
SAYS = {"print", "debug", "info", "warning", "error", "log", "sleep", "flush", "write"}
CLOCKS = {"time.time", "time.monotonic", "time.perf_counter", "datetime.datetime.now"}


def not_ready(module: Module, call: Call) -> ast.ExceptHandler | None:
    """The except clause round a call that takes "not now" for an answer, as a non-blocking socket gives it."""
    for tried in reversed(call.tries):
        for handler in tried.handlers:
            if handler_names(module, handler, call.function) & NOT_NOW or mentions(handler, ERRNOS):
                return handler
    return None


def asked_again(module: Module, call: Call) -> bool:
    """Whether a call that was told "not now" is made again, in a loop that nowhere waits."""
    handler = not_ready(module, call)
    if handler is None or in_event_loop(module, call) or _waits(handler):
        return False
    loops = [(here is call, loop) for here, loop in rounds(module, call)]
    if any(waits_in(module, loop) for _, loop in loops):
        return False
    leaving = _leaving(handler)
    if isinstance(leaving, ast.Return | ast.Raise):
        loops = [(own, loop) for own, loop in loops if not own]
    elif isinstance(leaving, ast.Break) and loops and loops[0][0]:
        loops = loops[1:]
    return any(isinstance(loop, ast.While) for _, loop in loops)


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


def _waits(handler: ast.ExceptHandler) -> bool:
    """Whether the clause calls something that waits, by its name."""
    called = [part.func for part in ast.walk(handler) if isinstance(part, ast.Call)]
    names = [func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else "" for func in called]
    return any(word in name.lower() for name in names for word in WAITING)


def datagrams(module: Module, call: Call) -> bool:
    """Whether the socket was made for datagrams: its connect only sets an address."""
    name = call.receiver
    bindings = call.function.names.get(name) or module.names.get(name) or []
    if name.startswith("self.") and call.function.class_ is not None:
        bindings = call.function.class_.attributes.get(name[5:], [])
    return any(binding.node is not None and mentions(binding.node, {"SOCK_DGRAM"}) for binding in bindings)


def not_blocking(module: Module, call: Call) -> bool:
    """Whether the socket was made non-blocking before the call, or the code expects that it is."""
    if not_ready(module, call) is not None or mentions(call.function.node, UNDER_WAY):
        return True
    for other in call.function.calls:
        before = other.receiver == call.receiver and other.node.lineno <= call.node.lineno
        if before and other.last in ("setblocking", "settimeout") and constant(other.argument(0)) in (False, 0, 0.0):
            return True
    return False


# Sleeping and looking


def looks_between_sleeps(module: Module, call: Call) -> str:
    """What a loop round a sleep looks at, as it is written; "" where it does something else as well, or looks at nothing."""
    if not call.loops or not isinstance(call.statement, ast.Expr):
        return ""
    loop = call.loops[-1]
    if isinstance(loop, ast.AsyncFor) or not _idle(module, call, loop.body):
        return ""
    counted = {dotted(target) for part in ast.walk(loop) for target in targets_of(part)}
    for test in _tests(loop):
        for atom in _atoms(test):
            clock = any(
                isinstance(part, ast.Call) and module.value(part.func, call.function) & CLOCKS for part in ast.walk(atom)
            )
            names = {dotted(part) for part in ast.walk(atom) if isinstance(part, ast.Name | ast.Attribute)} - {""}
            if not clock and names and not names & counted and _only_looks(atom):
                return ast.unparse(atom)
    return ""


def _idle(module: Module, call: Call, body: list[ast.stmt]) -> bool:
    """Whether the statements do nothing but sleep, count, say something, and look."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Continue() | ast.Break() | ast.Return() | ast.Raise():
                continue
            case ast.Expr(value=ast.Call(func=func)) if dotted(func).rpartition(".")[2] in SAYS:
                continue
            case ast.Assign() | ast.AugAssign() if not any(
                isinstance(part, ast.Call) and not module.value(part.func, call.function) & CLOCKS
                for part in ast.walk(statement)
            ):
                continue
            case ast.If() if _only_looks(statement.test) and _idle(module, call, statement.body + statement.orelse):
                continue
        return False
    return True


def _only_looks(test: ast.expr) -> bool:
    """Whether all calls in it only look."""
    for part in ast.walk(test):
        if isinstance(part, ast.Call):
            name = dotted(part.func).rpartition(".")[2] or (part.func.attr if isinstance(part.func, ast.Attribute) else "")
            if name not in LOOKS and not name.startswith(("is_", "has_")) and f"time.{name}" not in CLOCKS:
                return False
    return True


def _tests(loop: Loop) -> Iterator[ast.expr]:
    """The conditions that end a loop."""
    if isinstance(loop, ast.While):
        yield loop.test
    for statement in loop.body:
        if isinstance(statement, ast.If) and any(
            isinstance(last, LEAVES) for last in (statement.body[-1], *statement.orelse[-1:])
        ):
            yield statement.test


def _atoms(test: ast.expr) -> Iterator[ast.expr]:
    """Its parts between `and`, `or` and `not`."""
    if isinstance(test, ast.BoolOp):
        for part in test.values:
            yield from _atoms(part)
    elif isinstance(test, ast.UnaryOp):
        yield from _atoms(test.operand)
    else:
        yield test


def looks_by_get(module: Module, call: Call) -> bool:
    """Whether a get that does not wait, or not for long, is made again when the queue was empty."""
    bounded = (
        call.last == "get_nowait" or constant(call.argument(0, "block")) is False or call.argument(1, "timeout") is not None
    )
    if not bounded or not call.loops or not call.tries:
        return False
    tried = call.tries[-1]
    if not any(part is tried for part in ast.walk(call.loops[-1])):
        return False
    for handler in tried.handlers:
        if handler.type is None or handler_names(module, handler, call.function) & EMPTY:
            return not any(isinstance(part, LEAVES) for part in handler.body)
    return False
