"""Pipes and pairs of sockets that carry nothing: one end is waited for, and a byte into the other wakes the wait."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.shapes import sync, targets_of

__all__ = ["self_pipes"]

PAIRS = ("os.pipe", "os.pipe2", "socket.socketpair")
WRITES = {"write", "send", "sendall"}
WAITS = {"select", "register", "poll", "read", "recv", "add_reader", "append", "add", "modify", "__init__"}


def self_pipes(module: Module) -> Iterator[tuple[Call, Call]]:
    """Each pair that is made, with the write that wakes."""
    for made in sync(module.called(*PAIRS)):
        ends = _ends(made)
        if ends is None:
            continue
        for read, write in (ends, ends[::-1]) if made.calls("socket.socketpair") else (ends,):
            written = _written(module, made, write)
            if written is not None and _waited(module, made, read, written.function):
                yield made, written
                break


def _ends(made: Call) -> tuple[str, str] | None:
    for target in targets_of(made.statement):
        if isinstance(target, ast.Tuple | ast.List) and len(target.elts) == 2:
            first, second = dotted(target.elts[0]), dotted(target.elts[1])
            return (first, second) if first and second else None
        if name := dotted(target):
            return f"{name}[0]", f"{name}[1]"
    return None


def _written(module: Module, made: Call, end: str) -> Call | None:
    """The write that only wakes, or tells a signal's number, in another function than the one that made the pair."""
    for call in module.calls:
        if call.last not in WRITES or call.function is made.function or not _same(made, call):
            continue
        given = [ast.unparse(part) for part in call.node.args]
        if call.calls("os.write"):
            to, data = given[0] if given else "", call.argument(1)
        else:
            to, data = ast.unparse(call.node.func.value) if isinstance(call.node.func, ast.Attribute) else "", call.argument(0)
        if to.removesuffix(".fileno()") == end and (_says_nothing(data) or _handles_signals(module, call.function)):
            return call
    return None


def _waited(module: Module, made: Call, end: str, writer: Function) -> bool:
    """Whether the end is given to a wait, put into a list, or read, somewhere else than where the other is written."""
    for call in module.calls:
        if call.function is writer or not _same(made, call):
            continue
        if call.last in WAITS and any(_names(part, end) for part in ast.walk(call.node)):
            return True
    return any(
        isinstance(node, ast.List) and any(_names(part, end) for part in node.elts) for node in ast.walk(_where(made, module))
    )


def _names(node: ast.AST, end: str) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and ast.unparse(node) == end


def _where(made: Call, module: Module) -> ast.AST:
    """The piece of the file in which the ends have these names."""
    class_ = made.function.class_
    if class_ is not None and any(dotted(target).startswith("self.") for target in _parts(made)):
        return class_.node
    return module.tree


def _parts(made: Call) -> Iterator[ast.expr]:
    for target in targets_of(made.statement):
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def _same(made: Call, call: Call) -> bool:
    """Whether names mean in that call what they mean where the pair was made."""
    if any(dotted(target).startswith("self.") for target in _parts(made)):
        return call.function.class_ is made.function.class_
    function: object = call.function
    while isinstance(function, Function):
        if function is made.function:
            return True
        function = function.parent
    return made.function.name == "" or bool(made.function.outer)


def _says_nothing(data: ast.expr | None) -> bool:
    """Whether what is written is the same each time: a constant, or an attribute."""
    return isinstance(data, ast.Attribute) or (isinstance(data, ast.Constant) and isinstance(data.value, bytes | str))


def _handles_signals(module: Module, function: Function) -> bool:
    """Whether it is given to signal.signal, or looks as if it were."""
    names = [argument.arg for argument in function.parameters[-2:]]
    if names and names[0] in ("signum", "signo", "sig", "number", "signalnum"):
        return True
    return any(
        f".{function.qualname}" in module.value(call.node.args[-1], call.function)
        for call in module.called("signal.signal")
        if call.node.args
    )
