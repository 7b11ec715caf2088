"""The list that a program keeps its workers in: made with them, or empty, and asked for nothing but its elements."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["kept_comprehension", "kept_list", "only_own"]


def kept_comprehension(tree: Tree, made: cst.ListComp) -> tuple[cst.BaseExpression, cst.BaseStatement]:
    """What a list comprehension's threads are kept in, and the statement."""
    assign, line = tree.parent(made), tree.statement(made)
    simple = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    if made.for_in.ifs or made.for_in.inner_for_in or made.for_in.asynchronous:
        raise Refused("thread-is-used", made, "how many workers there are cannot be told")
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or not simple:
        raise Refused("thread-is-used", made, "what becomes of the list of the workers cannot be told")
    assert isinstance(line, cst.SimpleStatementLine)
    return assign.targets[0].target, line


def kept_list(
    tree: Tree, names: Names, listed: cst.BaseExpression, first: cst.For | None
) -> tuple[cst.CSTNode | None, list[cst.For]]:
    """The statement that makes the list of the workers, where that is one of its own, and the loops over it."""
    variable, loops = names.variable(listed), []
    if variable is None:
        raise Refused("thread-is-used", listed, f"`{tree.code(listed)}` cannot be followed")
    if variable.attribute:
        only_own(tree, names, variable, "the list of the workers")
    for load in names.loads[variable]:
        parent = tree.parent(load)
        if isinstance(parent, cst.For) and parent.iter is load:
            loops.append(parent)
        elif first is None or not tree.within(load, first):
            raise Refused("thread-is-used", load, f"`{tree.code(load)}` has the workers, and is used for more")
    stores = names.stores[variable]
    if len(stores) != 1:
        raise Refused("thread-is-used", listed, f"`{tree.code(listed)}` is not only the list of the workers")
    if first is None:
        return None, loops
    value, assign = stores[0].value, tree.parent(tree.parent(stores[0].node) or stores[0].node)
    if value is None or tree.code(value) not in {"[]", "list()"}:
        raise Refused("thread-is-used", listed, f"`{tree.code(listed)}` is not only the list of the workers")
    return assign if isinstance(assign, cst.Assign) and len(assign.targets) == 1 and assign.value is value else None, loops


def only_own(tree: Tree, names: Names, variable: Variable, what: str) -> None:
    """Raise Refused where an attribute that holds something may be asked for in a way that cannot be told. what: it holds."""
    for node in tree.all(cst.Attribute):
        if node.attr.value == variable.name and names.variable(node) is None and not names.qualified(node):
            raise Refused("thread-is-used", node, f"`{tree.code(node)}` may be {what}")
