"""Signal handlers that only write to a pipe, or do nothing where Python itself writes; and for which signals they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._tools import is_call_statement, only
from iomodels.migrate.rewrite.signals import HARMLESS
from iomodels.migrate.rewrite.tree import Function, Tree

__all__ = ["Handlers", "handlers"]

QUIET = (cst.Pass, cst.Return)


@dataclass(frozen=True)
class Handlers:
    """functions: with the name of the signal's number in each. numbers: the signals, as expressions. lines: what goes."""

    functions: list[tuple[Function, str]]
    numbers: list[str]
    lines: list[cst.CSTNode]
    registered: list[cst.Call]


def handlers(tree: Tree, names: Names, writes: Sequence[cst.Call], wakeups: Sequence[cst.CSTNode]) -> Handlers | None:
    """What writes to a pipe. writes: the calls. wakeups: the statements that give it to Python. None: not understood."""
    if bool(writes) == bool(wakeups):
        return None
    registered = [call for call in tree.all(cst.Call) if names.qualified(call.func) == "signal.signal"]
    taken: list[tuple[cst.Call, Function]] = []
    for call in registered:
        if len(call.args) != 2 or is_call_statement(tree.statement(call)) is not call:
            return None
        handler = call.args[1].value
        function = handler if isinstance(handler, cst.Lambda) else names.function(handler)
        if names.qualified(handler) in HARMLESS:
            continue
        if function is None:
            return None
        taken.append((call, function))
    writing = [tree.function(call) for call in writes]
    if any(function not in [each for _, each in taken] for function in writing):
        return None
    ours = [(call, function) for call, function in taken if wakeups or function in writing]
    numbers: list[str] = []
    for call, _ in ours:
        told = _numbers(tree, names, call.args[0].value)
        if told is None or not _always(tree, call):
            return None
        numbers += [each for each in told if each not in numbers]
    functions: list[tuple[Function, str]] = []
    for function in dict.fromkeys(function for _, function in ours):
        parameter = _parameter(tree, function)
        calls = [call for call in writes if tree.function(call) is function]
        if (
            parameter is None
            or not _does_only(tree, names, function, calls)
            or not _only_registered(tree, names, function, ours)
        ):
            return None
        functions.append((function, parameter))
    back = [
        tree.statement(call)
        for call in tree.all(cst.Call)
        if names.qualified(call.func) == "signal.set_wakeup_fd" and tree.code(call.args[0].value) == "-1"
    ]
    every = [call for call in tree.all(cst.Call) if names.qualified(call.func) == "signal.set_wakeup_fd"]
    if len(every) != len(back) + len(wakeups) or any(is_call_statement(line) is None for line in back) or not numbers:
        return None
    return Handlers(functions, numbers, [*wakeups, *back], [call for call, _ in ours])


def _numbers(tree: Tree, names: Names, node: cst.BaseExpression) -> list[str] | None:
    """The signals of a registration: one by its name, or those of a `for` over their names round it."""
    if names.qualified(node).startswith("signal.SIG"):
        return [tree.code(node)]
    loop = next((above for above in tree.ancestors(node) if isinstance(above, cst.For)), None)
    if loop is None or tree.code(loop.target) != tree.code(node) or not isinstance(loop.iter, cst.Tuple | cst.List):
        return None
    each = [names.qualified(element.value) for element in loop.iter.elements]
    return (
        [tree.code(element.value) for element in loop.iter.elements] if all(x.startswith("signal.SIG") for x in each) else None
    )


def _always(tree: Tree, call: cst.Call) -> bool:
    """Whether it is registered whatever happens, when the function is called."""
    for above in tree.ancestors(call):
        if isinstance(above, cst.If) and "__name__" not in tree.code(above.test):
            return False
        if isinstance(above, cst.While | cst.ExceptHandler | cst.Finally | cst.IfExp | cst.Lambda):
            return False
        if isinstance(above, cst.FunctionDef):
            break
    return True


def _parameter(tree: Tree, function: Function) -> str | None:
    """How the signal's number is told in a handler."""
    params = function.params
    method = isinstance(function, cst.FunctionDef) and tree.class_of(function) is not None
    if isinstance(function, cst.FunctionDef) and (function.decorators or function.asynchronous is not None):
        return None
    if params.kwonly_params or params.posonly_params:
        return None
    own = params.params[1:] if method else params.params
    if len(own) == 2 and not isinstance(params.star_arg, cst.Param):
        return own[0].name.value
    return f"{params.star_arg.name.value}[0]" if not own and isinstance(params.star_arg, cst.Param) else None


def _does_only(tree: Tree, names: Names, function: Function, writes: Sequence[cst.Call]) -> bool:
    """Whether a handler writes once and does nothing else; or nothing at all, where Python writes."""
    if isinstance(function, cst.Lambda):
        if writes:
            return function.body is writes[0] and _wakes(names, writes[0])
        return isinstance(function.body, cst.Name | cst.Integer | cst.Ellipsis) and tree.code(function.body) in {
            "None",
            "0",
            "...",
        }
    body = list(function.body.body)
    if len(writes) > 1 or not isinstance(function.body, cst.IndentedBlock):
        return False
    if isinstance(first := only(body[0]), cst.Expr) and isinstance(first.value, cst.SimpleString | cst.Ellipsis):
        del body[0]
    if not writes:
        return all(isinstance(small := only(line), QUIET) and getattr(small, "value", None) is None for line in body)
    if len(body) == 1 and isinstance(body[0], cst.Try) and body[0].orelse is None and body[0].finalbody is None:
        quiet = all(isinstance(only(line), QUIET) for handler in body[0].handlers for line in handler.body.body)
        body = list(body[0].body.body) if quiet else []
    return len(body) == 1 and is_call_statement(body[0]) is writes[0] and _wakes(names, writes[0])


def _wakes(names: Names, call: cst.Call) -> bool:
    """Whether it writes at least a byte, and looks at nothing for that but the signal's number."""
    data = call.args[-1].value
    if len(call.args) != (2 if names.qualified(call.func) == "os.write" else 1):
        return False
    if isinstance(data, cst.SimpleString):
        return bool(data.raw_value)
    if isinstance(data, cst.Call) and names.qualified(data.func) == "builtins.bytes" and len(data.args) == 1:
        given = data.args[0].value
        return isinstance(given, cst.List | cst.Tuple) and bool(given.elements)
    return False


def _only_registered(tree: Tree, names: Names, function: Function, ours: Sequence[tuple[cst.Call, Function]]) -> bool:
    """Whether nobody calls a handler."""
    if isinstance(function, cst.Lambda):
        return True
    uses = [node for kind in (cst.Name, cst.Attribute) for node in tree.all(kind) if names.function(node) is function]
    given = [call.args[1].value for call, each in ours if each is function]
    return all(isinstance(tree.parent(use), cst.FunctionDef) or any(use is each for each in given) for use in uses)
