"""Expressions that may be asked a little later: they do nothing, and their value is the same then."""

from collections.abc import Collection

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["steady"]

_BUILTINS = "bool bytearray bytes dict float format int list max min range repr set str tuple"
CALLED = {f"builtins.{name}" for name in _BUILTINS.split()} | {"logging.getLogger"}
UNSTEADY = (cst.NamedExpr, cst.Yield, cst.Await, cst.Lambda)


def steady(tree: Tree, names: Names, node: cst.CSTNode, own: Collection[Variable] = ()) -> bool:
    """Whether an expression does nothing, and gives the same later. own: variables that go with it."""
    if any(tree.within(each, node) for kind in UNSTEADY for each in tree.all(kind)):
        return False
    if any(names.qualified(call.func) not in CALLED for call in tree.calls_in(node)):
        return False
    inside = [each for kind in (cst.Name, cst.Attribute) for each in tree.all(kind) if tree.within(each, node)]
    return all(
        variable in own or _is_set_before(tree, names, variable, node)
        for each in inside
        if (variable := names.variable(each)) is not None
    )


def _is_set_before(tree: Tree, names: Names, variable: Variable, node: cst.CSTNode) -> bool:
    """Whether a variable is given its value once, or all of its values before, in the same function."""
    stores = [store.node for store in names.stores.get(variable, [])]
    if len(stores) <= 1:
        return True
    return all(tree.function(store) is tree.function(node) and tree.follows(node, store) for store in stores)
