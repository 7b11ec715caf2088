"""A loop over all connections that calls each by the name of the one that was accepted last: it gets a name of its own."""

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["told_apart"]


def told_apart(tree: Tree, names: Names, found: Found) -> str | None:
    """The text; None where nothing has to be told apart, or cannot be."""
    accepted = accepted_as(tree, found)
    variable = names.variable(accepted) if accepted is not None else None
    line = tree.statement(found.accept)
    if variable is None or names.values(variable) or not isinstance(tree.parent(line), cst.IndentedBlock):
        return None
    loops = [
        each
        for each in tree.all(cst.For)
        if isinstance(each.target, cst.Name) and names.variable(each.target) == variable and not tree.within(line, each)
    ]
    if not loops or len(names.stores[variable]) != 1 + len(loops):
        return None
    new = f"other_{variable.name}"
    inside = [load for load in names.loads[variable] if any(tree.within(load, loop.body) for loop in loops)]
    accepting = [load for load in names.loads[variable] if any(tree.within(load, each) for each in tree.behind(line))]
    taken = any(node.value == new for node in tree.all(cst.Name))
    if taken or len(inside) + len(accepting) != len(names.loads[variable]) or any(each in inside for each in accepting):
        return None
    edits = Edits(tree)
    for node in [*inside, *(loop.target for loop in loops)]:
        edits.replace(node, cst.Name(new))
    return apply(tree, edits).code
