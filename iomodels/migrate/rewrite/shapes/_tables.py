"""Tables by descriptor: what is kept of one connection in each becomes a variable of its conversation."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._tools import code, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["tables"]


def tables(tree: Tree, names: Names, name: str, removed: set[int]) -> dict[int, str]:
    """The new text of nodes by identity; lines that only keep a table are added to `removed`. Raises Refused."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    texts: dict[int, str] = {}
    for variable in list(names.stores):
        values = names.values(variable)
        loads = names.loads[variable]
        subscripts = [tree.parent(load) for load in loads]
        if len(values) != 1 or not isinstance(values[0], cst.Dict) or not loads or variable.attribute:
            continue
        if not all(
            isinstance(each, cst.Subscript) and each.value is load for each, load in zip(subscripts, loads, strict=True)
        ):
            continue
        keys = {code(each.slice[0]) for each in subscripts if isinstance(each, cst.Subscript)}
        if (
            len(keys) != 1
            or not keys.copy().pop().endswith(".fileno()")
            or not all(tree.within(load, converse) for load in loads)
        ):
            continue
        _check_made(variable, values[0])
        removed.update(id(tree.statement(store.node)) for store in names.stores[variable])
        if all(_keeps(tree, each, keys) for each in subscripts):
            removed.update(id(tree.statement(load)) for load in loads if isinstance(only(tree.statement(load)), cst.Assign))
        texts.update({id(each): variable.name for each in subscripts})
    return texts


def _check_made(variable: Variable, value: cst.Dict) -> None:
    """A table begins empty, or with the listening socket."""
    for element in value.elements:
        if not (isinstance(element, cst.DictElement) and code(element.key) == f"{code(element.value)}.fileno()"):
            raise Refused("odd-event-loop", value, f"`{variable.name}` does not begin empty")


def _keeps(tree: Tree, subscript: cst.CSTNode | None, keys: set[str]) -> bool:
    """`table[sock.fileno()] = sock`, or `del table[...]`."""
    if subscript is None:
        return False
    small = only(tree.statement(subscript))
    if isinstance(small, cst.Del):
        return True
    return isinstance(small, cst.Assign) and small.targets[0].target is subscript and f"{code(small.value)}.fileno()" in keys
