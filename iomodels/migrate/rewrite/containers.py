"""Connections that are kept in a dictionary, list or set, of which nothing is ever read but how many there are."""

import libcst as cst

from iomodels.migrate.rewrite.others import is_given_out
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["container_of", "keep"]

PUTS = {"append", "add", "remove", "discard"}
ASKS = {"index", "count"}
COUNTS = {"builtins.len", "builtins.bool"}


def keep(unit: Unit, node: cst.BaseExpression, container: cst.BaseExpression) -> None:
    """Let a connection stay in what it is put into; asyncio's writer stands for it. Raises Refused when it is taken out."""
    variable = unit.names.variable(container)
    assert variable is not None
    for load in unit.names.loads[variable]:
        if not _harmless(unit, load) and not is_given_out(unit, load):
            raise Refused("connection-escapes", load, f"connections are taken out of `{unit.tree.code(load)}`")
    if not unit.others and not _closed(unit):
        raise Refused("connection-escapes", node, "the connection is kept, and is not closed by anybody")


def container_of(unit: Unit, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a connection is put into, by `c[key] = node`, `c.append(node)` and the like: a variable, or None."""
    container = _container(unit, node)
    return container if container is not None and unit.names.variable(container) is not None else None


def _container(unit: Unit, node: cst.BaseExpression) -> cst.BaseExpression | None:
    tree, parent = unit.tree, unit.tree.parent(node)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Subscript):
        return parent.targets[0].target.value
    if isinstance(parent, cst.Comparison) and parent.left is node and len(parent.comparisons) == 1:
        target = parent.comparisons[0]
        return target.comparator if isinstance(target.operator, cst.In | cst.NotIn) else None
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if not (isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and len(call.args) == 1):
        return None
    method, statement = call.func.attr.value, isinstance(tree.parent(call), cst.Expr)
    return call.func.value if method in ASKS or (method in PUTS and statement) else None


def _harmless(unit: Unit, load: cst.BaseExpression) -> bool:
    tree, parent = unit.tree, unit.tree.parent(load)
    above = tree.parent(parent) if parent is not None else None
    match parent:
        case cst.Subscript(value=value) if value is load:
            return isinstance(above, cst.AssignTarget | cst.Del)
        case cst.Attribute(attr=cst.Name(value=method)):
            statement = tree.parent(above) if above is not None else None
            called, alone = isinstance(above, cst.Call), isinstance(statement, cst.Expr)
            return called and (method in ASKS or (alone and method in PUTS | {"pop", "clear"}))
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
            return True
        case cst.Arg():
            return isinstance(above, cst.Call) and unit.names.qualified(above.func) in COUNTS
        case cst.If() | cst.While() | cst.UnaryOperation() | cst.BooleanOperation():
            return True
    return False


def _closed(unit: Unit) -> bool:
    """Whether some connection of the unit is closed; else what keeps it would have kept it open."""
    for variable in unit.ends:
        for load in unit.names.loads[variable]:
            parent = unit.tree.parent(load)
            if isinstance(parent, cst.WithItem) or (isinstance(parent, cst.Attribute) and parent.attr.value == "close"):
                return True
    return False
