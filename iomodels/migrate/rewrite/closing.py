"""The end of a conversation in a loop: its connection is closed there, whatever has happened."""

from collections.abc import Iterator

import libcst as cst

from iomodels.migrate.rewrite.loop import accepts
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["close_in_the_end"]


def close_in_the_end(unit: Unit, given: cst.Assign, connection: cst.BaseExpression, scope: cst.CSTNode) -> None:
    """Close each connection when its turn is over. One that nobody closed was closed when the next got its name.

    given: the statement that stores it, as `connection`. scope: the loop, or the function, that it is used in.
    """
    tree, variable = unit.tree, unit.names.variable(connection)
    assert variable is not None
    uses = [load for load in unit.names.loads[variable] if tree.within(load, scope)]
    block, after = next(
        (above, below)
        for below, above in _steps(tree, given)
        if isinstance(above, cst.IndentedBlock | cst.Module) and all(tree.within(use, above) for use in uses)
    )
    if after is block.body[-1]:
        raise Refused("odd-loop", given.value, "the conversation stands in the statement that accepts it")

    def edit(updated: cst.IndentedBlock | cst.Module) -> cst.IndentedBlock | cst.Module:
        index = next(index for index, statement in enumerate(updated.body) if accepts(unit, statement))
        close = unit.use(unit.table.close, unit.ends_of(connection))
        last = cst.parse_statement(f"await {close}" if unit.table.close.waits else close)
        served = cst.Try(cst.IndentedBlock(updated.body[index + 1 :]), finalbody=cst.Finally(cst.IndentedBlock([last])))
        return updated.with_changes(body=[*updated.body[: index + 1], served])

    unit.edits.edit(block, "close", edit)


def _steps(tree: Tree, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    below = node
    for above in tree.ancestors(node):
        yield below, above
        below = above
