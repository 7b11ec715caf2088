"""Blocking calls that async code reaches: written in an `async def`, or in a plain function that one calls."""

import ast
from collections.abc import Callable, Iterable, Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.hazards import likely_socket
from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.polling import not_blocking
from iomodels.migrate.rule import Spot
from iomodels.migrate.shapes import constant

__all__ = ["blocking_functions", "made_by", "on_ready_socket", "patched", "stalls", "zero"]

Judge = Callable[[Module, Call], bool]

# Who is given a call's result waits for it: then it was a coroutine, whatever its name.
WAITS = {
    "wait_for",
    "wait",
    "gather",
    "create_task",
    "ensure_future",
    "shield",
    "run_until_complete",
    "run_coroutine_threadsafe",
}
PATCHES = ("gevent", "eventlet")  # they make the blocking calls of the library switch
READY = {"wait_readable", "wait_writable", "wait_socket_readable", "wait_socket_writable"}
KEEPS = ("staticmethod", "classmethod", "property", "cached_property", "cache", "lru_cache", "wraps", "override")
ORDER = list(Confidence)


def stalls(names: Iterable[str], harmless: Judge = lambda _module, _call: False) -> Callable[[Module], Iterator[Spot]]:
    """A rule's check for calls of these in async code. harmless: says of a call that it does not block after all."""
    wanted = frozenset(names)

    def blocks(module: Module, call: Call) -> bool:
        return bool(call.names & wanted) and likely_socket(call) and not harmless(module, call)

    def check(module: Module) -> Iterator[Spot]:
        for function in blocking_functions(module):
            for call in function.calls:
                if blocks(module, call):
                    if not call.awaited and not _waited_for(call):
                        yield Spot(call.node, f"{_written(call)} blocks the loop", call.confidence)
                elif (
                    inner := _within(module, function, call, blocks)
                ) is not None:  # a plain function runs at once, awaited or not
                    text = f"{_written(call)} blocks the loop: it calls {_written(inner)} in line {inner.node.lineno}"
                    yield Spot(call.node, text, max(call.confidence, inner.confidence, key=ORDER.index))

    return check


def blocking_functions(module: Module) -> list[Function]:
    """The functions in which a blocking call stops a loop: each `async def`, unless the module is patched."""
    return [] if patched(module) else [function for function in module.functions if function.is_async]


def patched(module: Module) -> bool:
    """Whether it belongs to a library that makes blocking calls switch."""
    return any(name.split(".")[0] in PATCHES for name in module.imports)


def _within(module: Module, function: Function, call: Call, blocks: Judge) -> Call | None:
    """Such a call in the plain function that a call leads to, one level deep."""
    quiet = _made_non_blocking(function)
    for helper in _helpers(module, call):
        for inner in helper.calls:
            if not blocks(module, inner):
                continue
            given = _given(helper, inner.receiver, call)
            if given is None or dotted(given) not in quiet:
                return inner
    return None


def _helpers(module: Module, call: Call) -> Iterator[Function]:
    """The plain functions of this module that a call runs, when it is made and not later or elsewhere."""
    for name in call.names:
        class_ = module.class_of(name) if not name.startswith("@") else None
        helper = class_.methods.get("__init__") if class_ is not None else module.function_of(name)
        if helper is None or helper.is_async or helper.yields or isinstance(helper.node, ast.Lambda | ast.Module):
            continue
        if all(_name(mark) in KEEPS for mark in helper.node.decorator_list):
            yield helper


def _name(mark: ast.expr) -> str:
    called = mark.func if isinstance(mark, ast.Call) else mark
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _given(helper: Function, receiver: str, call: Call) -> ast.expr | None:
    """What a call gives for the helper's parameter of that name."""
    names = [parameter.arg for parameter in helper.parameters]
    if receiver not in names:
        return None
    return call.argument(names.index(receiver) - int(helper.is_method), receiver)


def _made_non_blocking(function: Function) -> set[str]:
    """The sockets that a function makes non-blocking, as it writes them."""
    return {call.receiver for call in function.calls if _unblocks(call)}


def _unblocks(call: Call) -> bool:
    return call.last in ("setblocking", "settimeout") and constant(call.argument(0)) in (False, 0, 0.0)


def on_ready_socket(module: Module, call: Call) -> bool:
    """Whether a call on a socket does not wait: the socket is non-blocking or was awaited, or the call says MSG_DONTWAIT."""
    if not_blocking(module, call) or "MSG_DONTWAIT" in ast.unparse(call.node):
        return True
    if any(other.awaited and other.last in READY for other in call.function.calls):
        return True
    if any("SOCK_NONBLOCK" in ast.unparse(made) for made in made_by(module, call)):
        return True
    name = call.receiver
    if name.startswith("self.") and call.function.class_ is not None:
        methods = call.function.class_.methods.values()
        return any(name in _made_non_blocking(method) for method in methods)
    return any(_unblocks(other) and other.receiver == name for other in module.top.calls)


def made_by(module: Module, call: Call) -> list[ast.Call]:
    """The calls that made what a method is called on, as far as its name is bound to them."""
    name, function = call.receiver, call.function
    if name.startswith("self.") and function.class_ is not None:
        bindings = function.class_.attributes.get(name[5:], [])
    else:
        bindings = function.names.get(name) or module.names.get(name) or []
    return [binding.node for binding in bindings if isinstance(binding.node, ast.Call)]


def zero(node: ast.expr | None) -> bool:
    """Whether it is the literal 0 or less: wait not at all."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return False  # poll(-1) waits for ever; who means "not at all" writes 0
    value = constant(node)
    return isinstance(value, int | float) and value == 0


def _waited_for(call: Call) -> bool:
    """Whether it is given to something that awaits it: `await wait_for(queue.get(), 1)`."""
    for node in ast.walk(call.statement) if not isinstance(call.statement, ast.ClassDef) else ():
        if isinstance(node, ast.Call) and _name(node) in WAITS and any(part is call.node for part in _arguments(node)):
            return True
    return False


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    for argument in node.args:
        yield from argument.elts if isinstance(argument, ast.List | ast.Tuple | ast.Set) else (argument,)


def _written(call: Call) -> str:
    """What is called, as it is written."""
    return f"{ast.unparse(call.node.func)}()"
