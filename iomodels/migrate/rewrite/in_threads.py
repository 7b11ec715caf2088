"""A call in a thread: what it touches there must not be what the loop's tasks touch meanwhile."""

from collections.abc import Callable

import libcst as cst

from iomodels.migrate.rewrite.harmless import METHODS, may_be_called
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.waits import blocks, made_by
from iomodels.migrate.standard import STANDARD_LIBRARY

__all__ = ["check_helper", "hidden", "in_thread"]

SOCKET_METHODS = {"recv", "recv_into", "recvfrom", "send", "sendall", "sendto", "accept", "connect", "makefile", "shutdown"}
SOCKETS = ("socket.socket", "socket.create_connection", "socket.create_server")
FREE = {*SOCKETS, "builtins.open"}
CHANGES = {"append", "add", "update", "pop", "remove", "clear", "extend", "insert", "setdefault", "discard", "popitem"}
CHANGES |= {"sort", "reverse", "appendleft", "popleft", "write", "put"}
OF_SOCKETS = SOCKET_METHODS | {"close", "settimeout", "setsockopt", "getpeername", "getsockname", "bind", "listen"}
CONSTANTS = (cst.Integer, cst.Float, cst.SimpleString, cst.ConcatenatedString)


def in_thread(unit: Unit, call: cst.Call) -> None:
    """Let a call be made in a thread, and await what it returns."""
    library = unit.table.library
    unit.edits.imports.add(library.value)
    keywords = any(arg.keyword is not None or arg.star == "**" for arg in call.args)
    partial = keywords and library is not Target.ASYNCIO
    if partial:
        unit.edits.imports.add("functools")
    runs = "asyncio.to_thread" if library is Target.ASYNCIO else f"{library.value}.to_thread.run_sync"

    def edit(updated: cst.Call) -> cst.BaseExpression:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if updated.args else cst.MaybeSentinel.DEFAULT
        args = [cst.Arg(updated.func, comma=comma), *updated.args]
        new = updated.with_changes(func=cst.parse_expression("functools.partial" if partial else runs), args=args)
        text = unit.tree.module.code_for_node(new)
        return unit.awaited(call, f"{runs}({text})" if partial else text)

    unit.edits.edit(call, "thread", edit)


def hidden(unit: Unit, helper: cst.FunctionDef) -> cst.Call | None:
    """A call in a function of the file that blocks, if there is one."""
    for call in unit.tree.all(cst.Call):
        if unit.tree.function(call) is helper and (blocks(unit.tree, unit.names, call) or _of_socket(unit, call)):
            return call
    return None


def _of_socket(unit: Unit, call: cst.Call) -> bool:
    if unit.names.qualified(call.func) == "socket.create_connection":
        return True
    return (
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value in SOCKET_METHODS
        and made_by(unit.tree, unit.names, call.func.value) in SOCKETS
    )


def check_helper(unit: Unit, helper: cst.FunctionDef, place: cst.CSTNode, seen: tuple[cst.FunctionDef, ...] = ()) -> None:
    """Raise Refused unless a function touches nothing but its arguments, which it does not change, and its own variables."""
    tree = unit.tree

    def refuse(node: cst.CSTNode, what: str) -> Refused:
        return Refused(
            "not-for-a-thread", place, f"`{helper.name.value}` cannot run in a thread: {what} (line {tree.line(node)})"
        )

    if tree.class_of(helper) is not None or helper.decorators or helper in seen:
        raise refuse(helper, "it is a method, decorated, or calls itself")
    inside = [id(node) for kind in (cst.Name, cst.Attribute) for node in tree.all(kind) if tree.within(node, helper.body)]
    own = {variable for variable in unit.names.stores if _is_own(unit, variable, helper)}
    for kind in (cst.Global, cst.Nonlocal, cst.Yield, cst.Lambda, cst.FunctionDef, cst.ClassDef):
        for node in tree.all(kind):
            if node is not helper and tree.within(node, helper.body):
                raise refuse(node, "it defines functions, yields, or sets what is not its own")
    for variable, loads in unit.names.loads.items():
        for load in loads:
            if id(load) in inside and variable not in own and not _known(unit, variable, load):
                raise refuse(load, f"it uses `{tree.code(load)}`")
    assigned = [*tree.all(cst.AssignTarget), *tree.all(cst.AugAssign), *tree.all(cst.AnnAssign), *tree.all(cst.Del)]
    for statement in assigned:
        target = statement.target  # type: ignore[attr-defined]
        if tree.within(statement, helper.body) and not isinstance(target, cst.Name | cst.Tuple):
            raise refuse(statement, f"it changes `{tree.code(target)}`")
    for call in tree.all(cst.Call):
        if tree.within(call, helper.body):
            _check_call(unit, call, (*seen, helper), place, refuse)


def _check_call(
    unit: Unit,
    call: cst.Call,
    seen: tuple[cst.FunctionDef, ...],
    place: cst.CSTNode,
    refuse: Callable[[cst.CSTNode, str], Refused],
) -> None:
    names, tree = unit.names, unit.tree
    function = names.function(call.func)
    if function is not None:
        check_helper(unit, function, place, seen)
        return
    name = names.qualified(call.func)
    if name and not (may_be_called(name) or name in FREE or blocks(tree, names, call)):
        raise refuse(call, f"it calls `{name}`")
    if name:
        return
    if not isinstance(call.func, cst.Attribute):
        raise refuse(call, f"it calls `{tree.code(call.func)}`")
    method, made = call.func.attr.value, made_by(tree, names, call.func.value)
    variable = names.variable(call.func.value)
    stores = names.stores[variable] if variable is not None else []
    given = any(isinstance(tree.parent(store.node), cst.Param) for store in stores)
    known = method in METHODS | OF_SOCKETS or made in FREE or bool(blocks(tree, names, call))
    if not known or (given and method in CHANGES):
        raise refuse(call, f"it calls `{tree.code(call.func)}`")


def _is_own(unit: Unit, variable: Variable, helper: cst.FunctionDef) -> bool:
    stores = unit.names.stores[variable]
    return not variable.attribute and all(
        unit.tree.function(store.node) is helper or store.function is helper for store in stores
    )


def _known(unit: Unit, variable: Variable, load: cst.BaseExpression) -> bool:
    """Whether it is a constant, something of the standard library, or a function of the file, whose body is looked at too."""
    stores, parent = unit.names.stores.get(variable, []), unit.tree.parent(load)
    if isinstance(parent, cst.Call) and parent.func is load and unit.names.function(load) is not None:
        return True
    if not stores:
        return unit.names.qualified(load).partition(".")[0] in STANDARD_LIBRARY
    return len(stores) == 1 and isinstance(stores[0].value, CONSTANTS) and not variable.attribute
