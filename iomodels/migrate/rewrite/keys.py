"""Connections as keys: dictionaries and sets that are asked with the connection itself. asyncio's writer stands for it."""

import libcst as cst

from iomodels.migrate.rewrite.others import is_given_out
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["check_keys", "keyed_by"]

ASKING = {"pop", "get", "setdefault", "discard", "remove", "add", "append", "values", "clear"}
COUNTS = {"builtins.len", "builtins.bool"}


def keyed_by(unit: Unit, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What is asked, or changed, with a connection as its key: a dictionary or set made in this file; or None."""
    asked = _asked(unit, node)
    variable = unit.names.variable(asked) if asked is not None else None
    values = [store.value for store in unit.names.stores.get(variable, [])] if variable is not None else []
    made = [
        isinstance(value, cst.Dict) or (value is not None and unit.tree.code(value) in {"dict()", "set()"}) for value in values
    ]
    return asked if made and all(made) else None


def _asked(unit: Unit, node: cst.BaseExpression) -> cst.BaseExpression | None:
    tree, parent = unit.tree, unit.tree.parent(node)
    if isinstance(parent, cst.Index):
        element = tree.parent(parent)
        subscript = tree.parent(element) if element is not None else None
        return subscript.value if isinstance(subscript, cst.Subscript) and len(subscript.slice) == 1 else None
    if isinstance(parent, cst.Comparison) and parent.left is node and len(parent.comparisons) == 1:
        target = parent.comparisons[0]
        return target.comparator if isinstance(target.operator, cst.In | cst.NotIn) else None
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.args[0] is parent:
        return call.func.value if call.func.attr.value in ASKING else None
    return None


def check_keys(unit: Unit, asked: cst.BaseExpression) -> None:
    """Raise Refused where keys are taken out of it again, but to be counted."""
    variable = unit.names.variable(asked)
    assert variable is not None
    for load in unit.names.loads[variable]:
        if not _harmless(unit, load) and not is_given_out(unit, load):
            raise Refused("connection-escapes", load, f"connections are taken out of `{unit.tree.code(load)}`")


def _harmless(unit: Unit, load: cst.BaseExpression) -> bool:
    tree, parent = unit.tree, unit.tree.parent(load)
    above = tree.parent(parent) if parent is not None else None
    match parent:
        case cst.Subscript(value=value):
            return value is load
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
            return True
        case cst.Attribute(attr=cst.Name(value=method)) if isinstance(above, cst.Call):
            return method in ASKING or (method in {"items", "keys"} and _counted(unit, tree.parent(above)))
        case cst.Arg():
            return isinstance(above, cst.Call) and unit.names.qualified(above.func) in COUNTS
        case cst.If() | cst.While() | cst.UnaryOperation() | cst.BooleanOperation():
            return True
    return False


def _counted(unit: Unit, comprehension: cst.CSTNode | None) -> bool:
    """Whether `[key for key, value in table.items() if ...]` is made, and nothing but its length is asked."""
    tree = unit.tree
    made = tree.parent(comprehension) if isinstance(comprehension, cst.CompFor) else None
    if not isinstance(made, cst.ListComp) or not isinstance(comprehension, cst.CompFor) or not isinstance(made.elt, cst.Name):
        return False
    target = comprehension.target
    first = target.elements[0].value if isinstance(target, cst.Tuple) else target
    key, assign = unit.names.variable(first), tree.parent(made)
    if key is None or unit.names.loads[key] != [made.elt]:
        return False
    if isinstance(assign, cst.Arg):
        return _is_count(unit, assign)
    variable = unit.names.variable(assign.targets[0].target) if isinstance(assign, cst.Assign) else None
    return variable is not None and all(_is_count(unit, tree.parent(load)) for load in unit.names.loads[variable])


def _is_count(unit: Unit, argument: cst.CSTNode | None) -> bool:
    call = unit.tree.parent(argument) if isinstance(argument, cst.Arg) else None
    return isinstance(call, cst.Call) and unit.names.qualified(call.func) in COUNTS
