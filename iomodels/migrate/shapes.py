"""Questions that several rules and the classification ask about a module's calls: who calls whom, and in which loops."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any, TypeVar

from iomodels.migrate.module import Call, Class, Function, Loop, Module, Node, dotted

__all__ = [
    "THREADS",
    "accepts",
    "base_from",
    "bound_names",
    "called_on",
    "callers",
    "comes_from",
    "constant",
    "elements_of",
    "handler_names",
    "loops_round",
    "reached",
    "remembered",
    "rounds",
    "sync",
    "targets_of",
]

THREADS = ("threading.Thread", "threading.Timer", "_thread.start_new_thread")
MANY = 3  # calls from a loop to what is called in it: real code splits a server over about so many methods

Answer = TypeVar("Answer")


def remembered(question: Callable[[Module], Answer]) -> Callable[[Module], Answer]:
    """A question that is answered once for each module, whoever asks."""

    @wraps(question)
    def ask(module: Module) -> Answer:
        answers: dict[str, Any] = vars(module).setdefault("answers", {})
        name = f"{question.__module__}.{question.__name__}"
        if name not in answers:
            answers[name] = question(module)
        answer: Answer = answers[name]
        return answer

    return ask


@remembered
def called_on(module: Module) -> dict[str, set[str]]:
    """The methods that are called on each name, anywhere in the module: `self.sock` has `connect` and `recv`."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in module.calls:
        if isinstance(call.node.func, ast.Attribute):
            found[call.receiver].add(call.last)
    return found


def sync(calls: Iterable[Call]) -> list[Call]:
    """Those that stand in plain functions, and not in an `async def`."""
    return [call for call in calls if not call.function.is_async and not call.awaited]


def accepts(module: Module) -> list[Call]:
    """The calls that take a connection from a listening socket, in code that is not itself `async`."""
    return sync(module.called("socket.socket.accept"))


def bound_names(call: Call) -> set[str]:
    """The names, `conn` and `self.conn` alike, that the statement of a call binds."""
    return {
        dotted(node)
        for target in targets_of(call.statement)
        for node in ast.walk(target)
        if isinstance(node, ast.Name | ast.Attribute)
    } - {""}


def targets_of(statement: Node) -> list[ast.expr]:
    """What a statement assigns to."""
    match statement:
        case ast.Assign():
            return list(statement.targets)
        case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() | ast.For() | ast.AsyncFor():
            return [statement.target]
        case ast.With() | ast.AsyncWith():
            return [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return []


def reached(module: Module, function: Function, steps: int = MANY) -> Iterator[Function]:
    """A function, and those of this module that it calls, in so many steps."""
    seen = {id(function)}
    ahead: list[tuple[Function, int]] = [(function, 0)]
    while ahead:
        here, depth = ahead.pop(0)
        yield here
        for call in here.calls if depth < steps else ():
            for name in call.names:
                callee = module.function_of(name)
                if callee is not None and id(callee) not in seen:
                    seen.add(id(callee))
                    ahead.append((callee, depth + 1))


def callers(module: Module, function: Function) -> Iterator[Call]:
    """The calls of it in this module. A lambda is called where it is written: `iter(lambda: sock.recv(n), b"")`."""
    if isinstance(function.node, ast.Module):
        return
    if isinstance(function.node, ast.Lambda):
        yield from (call for call in module.calls if function.node in call.node.args and call.calls("iter"))
    yield from module.called(f".{function.qualname}")
    if function.name == "__init__" and function.class_ is not None:
        yield from module.called(f".{function.class_.qualname}")


def loops_round(module: Module, call: Call) -> list[Loop]:
    """The loops that the call itself stands in, innermost first; for a lambda's, the loop over what calls it."""
    found = list(reversed(call.loops))
    if isinstance(call.function.node, ast.Lambda):
        found += [up.statement for up in callers(module, call.function) if isinstance(up.statement, ast.For)]
    return found


def rounds(module: Module, call: Call, steps: int = MANY) -> Iterator[tuple[Call, Loop]]:
    """The loops that make a call again, innermost first, each with the call that stands in it: those round the call, then
    those round the calls of its function, and so on.
    """
    seen = {id(call.function)}
    ahead = [(call, 0)]
    while ahead:
        here, depth = ahead.pop(0)
        yield from ((here, loop) for loop in loops_round(module, here))
        for up in callers(module, here.function) if depth < steps else ():
            if id(up.function) not in seen:
                seen.add(id(up.function))
                ahead.append((up, depth + 1))


def comes_from(module: Module, name: str, names: Iterable[str]) -> bool:
    """Whether it is a class of this module that has one of these above it."""
    class_ = module.class_of(name)
    return class_ is not None and not module.ancestors(class_).isdisjoint(names)


def base_from(module: Module, class_: Class, names: Iterable[str]) -> ast.expr | None:
    """The base, as the class's header writes it, through which one of these is above the class."""
    for base in class_.node.bases:
        for value in module.value(base, class_.parent):
            above = module.class_of(value)
            if (above is not None and not module.ancestors(above).isdisjoint(names)) or value in names:
                return base
    if class_.node.bases and not module.ancestors(class_).isdisjoint(names):
        return class_.node.bases[0]
    return None


def handler_names(module: Module, handler: ast.ExceptHandler, function: Function) -> set[str]:
    """The exceptions that an except clause catches, by their full names; builtin ones as they are written."""
    if handler.type is None:
        return set()
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    found: set[str] = set()
    for written in types:
        known = {value for value in module.value(written, function) if not value.startswith(("?", "["))}
        found |= known or {dotted(written)}
    return found


def elements_of(module: Module, node: ast.expr, function: Function) -> list[ast.expr] | None:
    """The elements of a list that is written out, here or where its name is bound; None when more may be put into it."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None if any(isinstance(part, ast.Starred) for part in node.elts) else list(node.elts)
    if isinstance(node, ast.Constant) and node.value is None:
        return []
    if isinstance(node, ast.IfExp):
        both = [elements_of(module, node.body, function), elements_of(module, node.orelse, function)]
        return None if None in both else [part for parts in both for part in parts or ()]
    bindings = None
    if isinstance(node, ast.Name):
        bindings = function.names.get(node.id) or module.names.get(node.id)
    elif isinstance(node, ast.Attribute) and function.class_ is not None and dotted(node) == f"self.{node.attr}":
        bindings = function.class_.attributes.get(node.attr)
    if not bindings:
        return None
    found: dict[str, ast.expr] = {}
    for binding in bindings:
        if binding.how != "=" or not isinstance(binding.node, ast.List | ast.Tuple):
            return None
        found.update((ast.unparse(part), part) for part in binding.node.elts)
    return list(found.values())


def constant(node: ast.expr | None) -> object:
    """The value of a constant; Ellipsis for anything else."""
    return node.value if isinstance(node, ast.Constant) else ...
