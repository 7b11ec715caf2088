"""A loop of its own over who takes output: for a connection, the part of a later turn that writes what it is owed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._fold import writing
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._replies import replies
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._room import Room, beside_close, room_for
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only, replace_where
from iomodels.migrate.rewrite.shapes._write_part import says
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Outputs", "check_urgent", "only_ends", "part_that_writes", "put_instead"]

FORGETS = (".remove", ".discard", ".pop", ".unregister")


@dataclass
class Outputs:
    """What a loop over who takes output becomes.

    part: statements at the end of a turn. instead: what takes the place of others, by identity. made: a line that goes.
    room: who is watched for output. said: whether something is said when nothing is owed any more.
    """

    part: list[cst.CSTNode] = field(default_factory=list)
    instead: dict[int, list[cst.CSTNode]] = field(default_factory=dict)
    made: cst.CSTNode | None = None
    room: Room | None = None
    said: bool = False


def part_that_writes(
    tree: Tree, names: Names, found: Found, loop: cst.For, reading: cst.For, role: Role, dropped: Sequence[cst.CSTNode]
) -> Outputs:
    """The part. reading: the loop over who has input; role: a connection in it. Raises Refused."""
    target = loop.target
    if not isinstance(target, cst.Name) or loop.orelse is not None:
        raise Refused("odd-event-loop", loop, "who takes output is gone through in a way that is not known")
    if target.value not in role.elements:
        if any(isinstance(each, cst.Name) and each.value == target.value for each in contains(reading)):
            raise Refused("odd-event-loop", loop, f"`{target.value}` is another thing where input is received")
        role.elements.add(target.value)
    _own_names(tree, names, found, loop)
    room = room_for(names, found, role.elements, reading, dropped)
    body = _of_the_open(tree, names, loop, role)
    taken = replies(tree, names, found, body, room, role)
    if taken is not None:
        role.owed = ""
        return Outputs([], taken.instead, taken.made, room, taken.said)
    role.reads = True
    return Outputs(writing(loop.with_changes(body=loop.body.with_changes(body=body)), None, role, loop), room=room)


def _own_names(tree: Tree, names: Names, found: Found, loop: cst.For) -> None:
    """Raise Refused for a name that goes from the loop over who has input into the one over who takes output, or back."""
    for variable, stores in list(names.stores.items()):
        here = [store.node for store in stores if tree.within(store.node, loop)]
        others = [store.node for store in stores if tree.within(store.node, found.loop) and not tree.within(store.node, loop)]
        if variable.attribute or any(node is loop.target for node in here):
            continue
        for load in names.loads[variable]:
            inside = tree.within(load, loop.body)
            own = [node for node in here if tree.follows(load, node) and _always(tree, node, loop)]
            if (others and inside and not own) or (
                here and not inside and (not others or tree.line(load) < tree.line(others[0]))
            ):
                raise Refused("shared-over-await", load, f"`{variable.name}` is what another connection left in it")


def _always(tree: Tree, node: cst.CSTNode, loop: cst.For) -> bool:
    """Whether a loop over who takes output begins with storing something, perhaps in a `try`."""
    block = tree.parent(tree.statement(node))
    above = tree.parent(block) if block is not None else None
    return block is loop.body or (isinstance(above, cst.Try) and above.body is block and tree.parent(above) is loop.body)


def _of_the_open(tree: Tree, names: Names, loop: cst.For, role: Role) -> list[cst.CSTNode]:
    """The body without what asks whether the connection was closed in the same turn: its conversation has ended then."""
    body = list(loop.body.body)
    first = body[0]
    if not isinstance(first, cst.If) or first.orelse is not None or not isinstance(first.test, cst.Comparison):
        return body
    [asked] = first.test.comparisons[:1]
    closed = isinstance(asked.operator, cst.NotIn) and isinstance(only(first.body.body[0]), cst.Continue)
    whole = isinstance(asked.operator, cst.In) and len(body) == 1
    variable = names.variable(asked.comparator)
    if code(first.test.left) not in role.elements or variable is None or not (closed or whole):
        return body
    for load in names.loads[variable]:
        line = tree.statement(load)
        call = is_call_statement(line)
        takes = call is not None and code(call.func).rpartition(".")[2] in {"remove", "discard", "pop", "clear", "popitem"}
        forgets = isinstance(small := only(line), cst.Del) and small.target is tree.parent(load)
        if (takes or forgets) and not beside_close(tree, names, line):
            raise Refused("end-not-understood", line, f"it is no longer in `{code(asked.comparator)}`, and stays open")
    return body[1:] if closed else list(first.body.body)


def check_urgent(tree: Tree, names: Names, loop: cst.For) -> None:
    """Raise Refused where more is done for the third list of `select`, of urgent data, than to close the connection."""
    target = code(loop.target)
    only_ends(tree, names, loop, {target}, "for urgent data more is done than to close the connection there and then")
    if not any(code(line) == f"{target}.close()" for line in loop.body.body):
        raise Refused("event-not-understood", loop, "what is done for urgent data does not close the connection")


def only_ends(tree: Tree, names: Names, place: cst.CSTNode, own: set[str], otherwise: str) -> None:
    """Raise Refused where more is done than to close a connection, to forget it, and to say so. own: what it is called."""
    for line in [line for line in tree.all(cst.SimpleStatementLine) if tree.within(line, place)]:
        small, call = only(line), is_call_statement(line)
        ends = call is not None and (
            code(call) in {f"{each}.close()" for each in own}
            or (code(call.func).endswith(FORGETS) and bool(call.args) and code(call.args[0].value) in own)
        )
        forgets = isinstance(small, cst.Del) and code(small.target).endswith(tuple(f"[{each}]" for each in own))
        if not (ends or forgets or (call is not None and says(names, call))):
            raise Refused("event-not-understood", line, otherwise)


def put_instead(part: list[cst.CSTNode], outputs: Outputs) -> list[cst.CSTNode]:
    """The statements of a turn with what takes the place of some in them."""
    instead = outputs.instead

    def put(node: cst.CSTNode) -> object:
        if id(node) not in instead:
            return None
        return cst.FlattenSentinel(instead[id(node)]) if instead[id(node)] else cst.RemoveFromParent()

    block = replace_where(cst.IndentedBlock(part), put)  # type: ignore[arg-type]
    assert isinstance(block, cst.IndentedBlock)
    return list(block.body)
