"""State that connections share: what one turn did without a wait must not be cut in two by a write that waits now."""

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._holders import holders
from iomodels.migrate.rewrite.shapes._tools import code
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["shared_over_awaits"]

SENDS = {"send", "sendall"}
COPIES = {f"builtins.{each}" for each in ("dict", "frozenset", "len", "list", "set", "sorted", "sum", "tuple")}
CHANGES = {
    "append",
    "add",
    "remove",
    "discard",
    "pop",
    "popleft",
    "clear",
    "extend",
    "update",
    "insert",
    "setdefault",
    "appendleft",
}


def shared_over_awaits(tree: Tree, names: Names, name: str) -> None:
    """Raise Refused where what is shared is used on both sides of a write, and changed; or one connection uses another."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    reached = [converse, *called(tree, names, [converse])]
    own = _own_classes(tree, names, reached)
    held = holders(tree, names, converse)
    _one_at_a_time(tree, names, own, reached)
    _own_entries(tree, names, held)
    for loop in tree.all(cst.For):
        if tree.function(loop) in reached:
            _gone_through(tree, names, loop)
    for variable in [*names.stores]:
        if _is_local(tree, names, variable) or variable in held or _belongs(names, variable, own):
            continue
        uses = [*(store.node for store in names.stores[variable]), *names.loads[variable]]
        here = [use for use in uses if tree.function(use) in reached and not _keyed(tree, names, use, held)]
        changed = [use for use in here if _changes(tree, use)]
        if not changed or len(here) < 2:
            continue
        for function in reached:
            _apart(tree, names, function, [use for use in here if tree.function(use) is function], variable)
        functions = {id(tree.function(use)) for use in here}
        if len(functions) > 1 and any(not _alone(tree, use) for use in here):
            raise Refused(
                "shared-over-await", changed[0], f"`{variable.name}` is shared, and used in several parts of a conversation"
            )


def _own_classes(tree: Tree, names: Names, reached: list[cst.FunctionDef]) -> list[cst.ClassDef]:
    """The classes of which each connection has its own instance: made in its conversation."""
    made = [names.class_called(call.func) for call in tree.all(cst.Call) if tree.function(call) in reached]
    elsewhere = [names.class_called(call.func) for call in tree.all(cst.Call) if tree.function(call) not in reached]
    return [each for each in made if each is not None and each not in elsewhere]


def _belongs(names: Names, variable: Variable, own: list[cst.ClassDef]) -> bool:
    return variable.attribute and variable.home in {id(names.root(each)) for each in own}


def _is_local(tree: Tree, names: Names, variable: Variable) -> bool:
    """Whether a variable is a function's own: set in functions of the conversation, and used in the same."""
    if variable.attribute:
        return False
    stores = [store.node for store in names.stores[variable]]
    defined = [node for node in stores if isinstance(tree.parent(node), cst.FunctionDef | cst.ClassDef)]
    functions = {id(tree.function(node)) for node in [*stores, *names.loads[variable]]}
    return bool(defined) or (len(functions) == 1 and tree.function(stores[0]) is not None)


def _keyed(tree: Tree, names: Names, use: cst.CSTNode, held: set[Variable]) -> bool:
    """Whether a table is asked for the connection's own entry."""
    parent = tree.parent(use)
    if isinstance(parent, cst.Subscript) and parent.value is use:
        return any(names.variable(each.slice.value) in held for each in parent.slice if isinstance(each.slice, cst.Index))
    if isinstance(parent, cst.ComparisonTarget):
        above = tree.parent(parent)
        return isinstance(above, cst.Comparison) and names.variable(above.left) in held
    call = tree.parent(parent) if isinstance(parent, cst.Attribute) else None
    return isinstance(call, cst.Call) and bool(call.args) and names.variable(call.args[0].value) in held


def _changes(tree: Tree, use: cst.CSTNode) -> bool:
    parent = tree.parent(use)
    if isinstance(parent, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del | cst.Element):
        return True
    above = tree.parent(parent) if parent is not None else None
    if isinstance(parent, cst.Subscript):
        return isinstance(above, cst.AssignTarget | cst.AugAssign | cst.Del)
    return isinstance(parent, cst.Attribute) and parent.attr.value in CHANGES and isinstance(above, cst.Call)


def _alone(tree: Tree, use: cst.CSTNode) -> bool:
    """Whether a use needs nothing that was seen before it: a sum, a thing more in a list."""
    parent = tree.parent(use)
    call = tree.parent(parent) if parent is not None else None
    statement = tree.parent(call) if call is not None else None
    return isinstance(parent, cst.AugAssign) or (isinstance(parent, cst.Attribute) and isinstance(statement, cst.Expr))


def _apart(tree: Tree, names: Names, function: cst.FunctionDef, uses: list[cst.CSTNode], variable: Variable) -> None:
    """Refuse when a function writes to the connection between two uses that belong together."""
    together = [use for use in uses if not _alone(tree, use)]
    if len(uses) < 2 or not together:
        return
    lines = [tree.line(use) for use in uses]
    for call in tree.all(cst.Call):
        if tree.function(call) is function and min(lines) <= tree.line(call) <= max(lines) and _sends(tree, names, call):
            raise Refused("shared-over-await", call, f"`{variable.name}` is used before and after this")


def _sends(tree: Tree, names: Names, call: cst.Call) -> bool:
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in SENDS:
        return True
    function = names.function(call.func)
    inner = [function, *called(tree, names, [function])] if function is not None else []
    return any(
        isinstance(each.func, cst.Attribute) and each.func.attr.value in SENDS and tree.function(each) in inner
        for each in tree.all(cst.Call)
    )


def _one_at_a_time(tree: Tree, names: Names, own: list[cst.ClassDef], reached: list[cst.FunctionDef]) -> None:
    """What is owed to a connection must be written by its own conversation alone."""
    sends = [
        call
        for call in tree.all(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in SENDS and call.args
    ]
    buffers = {part.attr.value for call in sends for part in [_inner(call.args[0].value)] if isinstance(part, cst.Attribute)}
    for node in tree.all(cst.Attribute):
        if node.attr.value in buffers and names.variable(node) is None and not _made_here(tree, names, node, reached):
            raise Refused("buffer-not-understood", node, f"`{code(node)}` may be what is owed to another connection")
    roots = {id(names.root(each)) for each in own}
    for node in tree.all(cst.Attribute):
        variable = names.variable(node)
        if (
            node.attr.value in buffers
            and variable is not None
            and variable.home not in roots
            and not _made_here(tree, names, node, reached)
        ):
            raise Refused("buffer-not-understood", node, f"`{code(node)}` is shared by all connections")


def _own_entries(tree: Tree, names: Names, held: set[Variable]) -> None:
    """What is owed to each in a table must be looked at by its own conversation alone."""
    sends = [call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value in SENDS]
    for owed in (_inner(call.args[0].value) for call in sends if call.args):
        variable = names.variable(owed.value) if isinstance(owed, cst.Subscript) else None
        for load in names.loads[variable] if variable is not None else ():
            call = tree.parent(tree.parent(load) or load)
            counts = isinstance(call, cst.Call) and names.qualified(call.func) == "builtins.len"
            if not counts and not _keyed(tree, names, load, held):
                raise Refused("buffer-not-understood", load, f"`{code(load)}` has what is owed to other connections too")


def _gone_through(tree: Tree, names: Names, loop: cst.For) -> None:
    """Refuse a loop over what others change, and not over a copy, that writes to the connection: they change it meanwhile."""
    if not any(_sends(tree, names, call) for call in tree.calls_in(loop.body)):
        return
    for variable, loads in [*names.loads.items()]:
        inside = [load for load in loads if tree.within(load, loop.iter) and not _copied(tree, names, load, loop)]
        if inside and not _is_local(tree, names, variable) and any(_changes(tree, load) for load in loads):
            raise Refused(
                "shared-over-await", loop, f"`{variable.name}` is gone through while it writes; others change it then"
            )


def _copied(tree: Tree, names: Names, load: cst.CSTNode, loop: cst.For) -> bool:
    """Whether a loop goes over a copy of something, or a part of it."""
    for above in tree.ancestors(load):
        if above is loop:
            return False
        if isinstance(above, cst.Subscript) or (isinstance(above, cst.Attribute) and above.attr.value == "copy"):
            return True
        if isinstance(above, cst.Call) and names.qualified(above.func) in COPIES:
            return True
    return False


def _inner(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.args[0].value if isinstance(node, cst.Call) and len(node.args) == 1 else node


def _made_here(tree: Tree, names: Names, node: cst.Attribute, reached: list[cst.FunctionDef]) -> bool:
    """Whether the owner of an attribute is a name that a conversation gave to what it made, or passed on."""
    variable = names.variable(node.value)
    stores = names.stores.get(variable, []) if variable is not None else []
    return (
        bool(stores)
        and all(store.value is not None or store.function in reached for store in stores)
        and tree.function(node) in reached
    )
