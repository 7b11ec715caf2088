"""Loops that sleep and look, or wait for a queue bit by bit."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Module, dotted
from iomodels.migrate.polling import mentions
from iomodels.migrate.shapes import constant, handler_names, targets_of

__all__ = ["GETS", "is_get", "looks_between_sleeps", "looks_by_get"]

GETS = frozenset(f"{queue}.{name}" for queue in ("queue.Queue", "multiprocessing.Queue") for name in ("get", "get_nowait"))
EMPTY = {"queue.Empty", "Queue.Empty", "multiprocessing.queues.Empty", "Empty", "Exception"}
LEAVES = (ast.Return, ast.Raise, ast.Break)
SAYS = {"print", "debug", "info", "warning", "error", "log", "sleep", "flush", "write"}
CLOCKS = {"time.time", "time.monotonic", "time.perf_counter", "datetime.datetime.now"}
# Calls that only look. A name that begins with `is_` or `has_` does, too.
LOOKS = {"is_alive", "isAlive", "isSet", "empty", "qsize", "poll", "exists", "isfile", "locked", "done", "ready"}
LOOKS |= {"active_count", "active_children", "any", "all", "len", "get", "getattr"}


def looks_between_sleeps(module: Module, call: Call) -> str:
    """What a `while` round a sleep looks at, as it is written; "" where that is the clock alone, or nothing."""
    found = _looked_at(module, call)
    return _best(module, call, found) if found else ""


def _best(module: Module, call: Call, found: str) -> str:
    """Of all that may end the loop, what is asked of others; a number that the loop counts is not."""
    loop = call.loops[-1]
    leaving = [part for part in ast.walk(loop) if isinstance(part, ast.If) and isinstance(part.body[-1], LEAVES)]
    tests = [part.test for part in (loop, *leaving) if isinstance(part, ast.While | ast.If)]
    counted = {dotted(part.target) for part in ast.walk(loop) if isinstance(part, ast.AugAssign)}
    atoms = [
        atom
        for test in tests
        for atom in _atoms(test)
        if not isinstance(atom, ast.Constant) and not _by_the_clock(module, call, atom) and not _names(atom) & counted
    ]
    asked = [atom for atom in atoms if any(isinstance(part, ast.Call) for part in ast.walk(atom))]
    return ast.unparse((asked or atoms)[0]) if atoms else found


def _looked_at(module: Module, call: Call) -> str:
    """The first of it; "nothing" for a loop that only sleeps."""
    loop = call.loops[-1] if call.loops else None
    if not isinstance(loop, ast.While) or not isinstance(call.statement, ast.Expr):
        return ""
    branch = _branch(loop.body, call.statement)
    if branch is None:
        return ""
    if _says_little(module, call, loop.body):
        return ast.unparse(loop.test) if not isinstance(loop.test, ast.Constant) else "nothing"
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
            parts = [(inside, [here.test] if all(map(_only_pauses, inside)) else []) for inside in (here.body, here.orelse)]
        elif isinstance(here, ast.Try):
            parts = [(here.body, []), (here.orelse, []), (here.finalbody, [])]
        elif isinstance(here, ast.With):
            parts = [(here.body, [])]
        for inner, tests in parts:
            found = _branch(inner, statement)
            if found is not None:
                return [*tests, *found]
    return None


def _only_pauses(statement: ast.stmt) -> bool:
    """Whether it sleeps, says something, or goes on with the next round."""
    called = [dotted(part.func).rpartition(".")[2] for part in ast.walk(statement) if isinstance(part, ast.Call)]
    return isinstance(statement, ast.Expr | ast.Continue | ast.Pass) and all(name in SAYS for name in called)


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
    if call.last not in ("get", "get_nowait"):
        return False
    if call.names or not call.tries:
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
