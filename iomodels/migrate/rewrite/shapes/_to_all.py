"""Chats: in the turn of one connection an event loop writes to the others."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["WHY", "check_turn", "written_to_all"]

WHY = (
    "within one turn the others got it, all in one order, and nobody came or left; tasks would let each other in at each write"
)
OWES = {"send", "sendall", "put", "put_nowait", "append", "extend", "write"}


def written_to_all(tree: Tree, names: Names, found: Found) -> cst.CSTNode | None:
    """What writes to each, or owes each something, in a loop over what connections are put into."""
    kept = _kept(tree, names, found)
    for loop in tree.all(cst.For):
        over = {names.variable(each) for each in contains(loop.iter) if isinstance(each, cst.Name | cst.Attribute)}
        if not over & kept or tree.within(found.call, loop.iter):
            continue
        mine = {names.variable(each) for each in contains(loop.target) if isinstance(each, cst.Name)} - {None}
        for node in contains(loop.body):
            written = _written(node)
            if written is not None and any(names.variable(each) in mine for each in contains(written)):
                return node
    return None


def check_turn(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Raise Refused where more than the turns of connections is done in the loop, or somebody waits for what ends it."""
    if turn.outputs is not None or turn.roles[False].owed:
        raise Refused("writes-to-others", found.call, WHY)
    if turn.idle:
        raise Refused("writes-to-others", turn.idle[0], "it is done between two turns, and would be done in one")
    for call in tree.all(cst.Call):
        limits = isinstance(call.func, cst.Attribute) and call.func.attr.value in {
            "setblocking",
            "settimeout",
            "setdefaulttimeout",
        }
        if limits and [tree.code(arg.value) for arg in call.args] not in (["True"], ["1"], ["None"]):
            raise Refused(
                "writes-to-others", call, "a write to who does not read failed, and held up nobody; now it would wait"
            )
    _not_caught(tree, names, found)


def _not_caught(tree: Tree, names: Names, found: Found) -> None:
    """Raise Refused where something waits for what ends the loop: a clause, a `with`, a function that is called twice."""
    place: cst.CSTNode | None = found.loop
    seen: list[cst.CSTNode] = []
    while place is not None and place not in seen:
        seen.append(place)
        for above in tree.ancestors(place):
            for handler in above.handlers if isinstance(above, cst.Try | cst.TryStar) else ():
                if handler.type is None or names.qualified(handler.type) != "builtins.KeyboardInterrupt":
                    raise Refused(
                        "writes-to-others", handler, "what fails in a turn may be caught here, and is another exception"
                    )
            if isinstance(above, cst.With):
                raise Refused("writes-to-others", above, "what fails in a turn comes by here, and is another exception")
        function = tree.function(place)
        calls = [call for call in tree.all(cst.Call) if function is not None and names.function(call.func) is function]
        if function is not None and len(calls) != 1:
            raise Refused("writes-to-others", function, "where what fails in a turn goes to cannot be told")
        place = calls[0] if calls else None


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
