"""Chats: in the turn of one connection an event loop writes to the others. That is said before whatever else keeps it.

No turn came between the writes of another: all heard things in one order, and nobody came or left while those to write to
were gone through. Tasks wait at each write, and let each other in.
"""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["WHY", "written_to_all"]

WHY = (
    "within one turn the others got it, all in one order, and nobody came or left; tasks would let each other in at each write"
)
OWES = {"send", "sendall", "put", "put_nowait", "append", "extend", "write"}


def written_to_all(tree: Tree, names: Names, found: Found) -> None:
    """Raise Refused where a loop over what connections are put into writes to each, or owes each something."""
    kept = _kept(tree, names, found)
    for loop in tree.all(cst.For):
        over = {names.variable(each) for each in contains(loop.iter) if isinstance(each, cst.Name | cst.Attribute)}
        if not over & kept or tree.within(found.call, loop.iter):
            continue
        mine = {names.variable(each) for each in contains(loop.target) if isinstance(each, cst.Name)} - {None}
        for node in contains(loop.body):
            written = _written(node)
            if written is not None and any(names.variable(each) in mine for each in contains(written)):
                raise Refused("writes-to-others", node, WHY)


def _written(node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a call writes to, or an assignment adds to."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in OWES:
        return node.func.value
    return node.target if isinstance(node, cst.AugAssign) else None


def _kept(tree: Tree, names: Names, found: Found) -> set[Variable | None]:
    """What connections are put into, or are watched in."""
    accepted = accepted_as(tree, found)
    connection = names.variable(accepted) if accepted is not None else None
    kept = {found.poller} if found.kind == "selectors" else set[Variable | None]()
    given = found.call.args[0].value if found.kind == "select" and found.call.args else None
    if given is not None:
        kept |= {names.variable(each) for each in contains(given) if isinstance(each, cst.Name | cst.Attribute)}
    for call in tree.all(cst.Call):
        puts = isinstance(call.func, cst.Attribute) and call.func.attr.value in {"append", "add"} and len(call.args) == 1
        if puts and isinstance(call.func, cst.Attribute) and connection is not None:
            kept |= {names.variable(call.func.value)} if names.variable(call.args[0].value) == connection else set()
    for assign in tree.all(cst.Assign):
        for target in (each.target for each in assign.targets):
            if isinstance(target, cst.Subscript) and connection is not None:
                held = [names.variable(each) for part in (*target.slice, assign.value) for each in contains(part)]
                kept |= {names.variable(target.value)} if connection in held else set()
    return kept - {None}
