"""What is asked again and again: sockets that are not ready, flags between two sleeps, queues."""

import ast
from collections.abc import Iterable, Iterator

from iomodels.migrate.module import Call, Module, dotted
from iomodels.migrate.shapes import constant, handler_names, rounds, targets_of
from iomodels.migrate.waits import in_event_loop, waits_in

__all__ = ["GETS", "asked_again", "datagrams", "is_get", "looks_between_sleeps", "looks_by_get", "not_blocking", "not_ready"]

NOT_NOW = {"BlockingIOError", "ssl.SSLWantReadError", "ssl.SSLWantWriteError"}
ERRNOS = {"EAGAIN", "EWOULDBLOCK", "WSAEWOULDBLOCK"}
UNDER_WAY = {"EINPROGRESS", "WSAEINPROGRESS", "EWOULDBLOCK", "WSAEWOULDBLOCK"}
TIMEOUTS = {"socket.timeout", "TimeoutError"}
GETS = frozenset(f"{queue}.{name}" for queue in ("queue.Queue", "multiprocessing.Queue") for name in ("get", "get_nowait"))
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
    if any(waits_in(module, loop) for _, loop in loops):
        return False
    if any(_waits(loop) for own, loop in loops if own):
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


def _waits(node: ast.AST) -> bool:
    """Whether it calls something that waits, by its name."""
    called = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
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
    caught = {
        name for tried in call.tries for handler in tried.handlers for name in handler_names(module, handler, call.function)
    }
    if caught & NOT_NOW or mentions(call.function.node, UNDER_WAY):
        return True
    for other in call.function.calls:
        before = other.receiver == call.receiver and other.node.lineno <= call.node.lineno
        if before and other.last in ("setblocking", "settimeout") and constant(other.argument(0)) in (False, 0, 0.0):
            return True
    return False


# Sleeping and looking


def looks_between_sleeps(module: Module, call: Call) -> str:
    """What a `while` round a sleep looks at, as it is written; "" where that is the clock alone, or nothing."""
    loop = call.loops[-1] if call.loops else None
    if not isinstance(loop, ast.While) or not isinstance(call.statement, ast.Expr):
        return ""
    branch = _branch(loop.body, call.statement)
    if branch is None:
        return ""
    if _says_little(module, call, loop.body):
        return ast.unparse(loop.test)
    tests = [loop.test, *branch] if not any(isinstance(part, ast.Break) for part in ast.walk(loop)) else branch
    counted = {dotted(target) for part in loop.body for target in targets_of(part)}
    for atom in (atom for test in tests for atom in _atoms(test)):
        if not isinstance(atom, ast.Constant) and not _by_the_clock(module, call, atom) and not _names(atom) & counted:
            return ast.unparse(atom)
    return ""


def _branch(body: list[ast.stmt], statement: ast.stmt) -> list[ast.expr] | None:
    """The conditions that lead to a statement within a loop's body; None if it is in an except clause or not in it."""
    for here in body:
        if here is statement:
            return []
        parts: list[tuple[list[ast.stmt], list[ast.expr]]] = []
        if isinstance(here, ast.If):
            parts = [(here.body, [here.test]), (here.orelse, [here.test])]
        elif isinstance(here, ast.Try):
            parts = [(here.body, []), (here.orelse, []), (here.finalbody, [])]
        elif isinstance(here, ast.With):
            parts = [(here.body, [])]
        for inner, tests in parts:
            found = _branch(inner, statement)
            if found is not None:
                return [*tests, *found]
    return None


def _says_little(module: Module, call: Call, body: list[ast.stmt]) -> bool:
    """Whether the loop does nothing but sleep, look, and say something: its calls are all of these kinds."""
    inside = [other for other in call.function.calls if other.loops[len(call.loops) - 1 : len(call.loops)] == call.loops[-1:]]
    quiet = all(other.last in SAYS | LOOKS or other.last.startswith(("is_", "has_")) for other in inside)
    clock = any(
        _by_the_clock(module, call, node.test) for node in [call.loops[-1], *body] if isinstance(node, ast.While | ast.If)
    )
    return quiet and not clock


def _by_the_clock(module: Module, call: Call, test: ast.expr) -> bool:
    """Whether it asks what time it is."""
    return any(isinstance(part, ast.Call) and module.value(part.func, call.function) & CLOCKS for part in ast.walk(test))


def _names(test: ast.expr) -> set[str]:
    return {dotted(part) for part in ast.walk(test) if isinstance(part, ast.Name | ast.Attribute)} - {""}


def _atoms(test: ast.expr) -> Iterator[ast.expr]:
    """Its parts between `and`, `or` and `not`."""
    if isinstance(test, ast.BoolOp):
        for part in test.values:
            yield from _atoms(part)
    elif isinstance(test, ast.UnaryOp):
        yield from _atoms(test.operand)
    else:
        yield test


def is_get(module: Module, call: Call) -> bool:
    """Whether it takes something out of a queue: by what it is called on, or because Empty is caught round it."""
    if call.names or call.last not in ("get", "get_nowait") or not call.tries:
        return call.calls(*GETS)
    caught = {name for handler in call.tries[-1].handlers for name in handler_names(module, handler, call.function)}
    return not caught.isdisjoint({"queue.Empty", "Queue.Empty"})


def looks_by_get(module: Module, call: Call) -> bool:
    """Whether a queue is waited for in a loop; a get that does not wait, or not for long, must be made again if it fails."""
    if not call.loops or mentions(call.loops[-1], {"empty", "qsize"}):  # what is there is taken out, and no more
        return False
    bounded = (
        call.last == "get_nowait" or constant(call.argument(0, "block")) is False or call.argument(1, "timeout") is not None
    )
    if not bounded:
        return isinstance(call.loops[-1], ast.While)
    tried = call.tries[-1] if call.tries else None
    if tried is None or not any(part is tried for part in ast.walk(call.loops[-1])):
        return False
    for handler in tried.handlers:
        if handler.type is None or handler_names(module, handler, call.function) & EMPTY:
            return not any(isinstance(part, LEAVES) for part in ast.walk(handler))
    return False
