"""Who is watched for output, where a poller is told of each: `poller.modify(ready, READ | WRITE)`, and later without WRITE."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags
from iomodels.migrate.rewrite.shapes._failures import failures, takes_input
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.shapes._outputs import Outputs, only_ends
from iomodels.migrate.rewrite.shapes._registrations import registrations
from iomodels.migrate.rewrite.shapes._replies import replies, takes_from_queue
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._room import Room, beside_close
from iomodels.migrate.rewrite.shapes._tools import code, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["replies_told"]

FAILED = "where a connection failed more is done than to close it there and then"


@dataclass
class _Told(Room):
    """The poller, as the collection of those that it watches for output; all that it watches, it watches for input."""

    tree: Tree
    names: Names

    def puts(self, line: cst.CSTNode) -> bool:
        return self._modifies(line, output=True)

    def removes(self, line: cst.CSTNode) -> bool:
        return self._modifies(line, output=False)

    def waits(self, found: Found, load: cst.CSTNode) -> bool:
        attribute = self.tree.parent(load)
        method = attribute.attr.value if isinstance(attribute, cst.Attribute) else ""
        line = self.tree.statement(load)
        call = is_call_statement(line)
        ends = call is not None and code(call) in {f"{self.text}.unregister({each})" for each in self.elements}
        return (
            attribute is found.call.func
            or (method == "register" and call is not None and call.func is attribute)
            or (ends and beside_close(self.tree, self.names, line))
        )

    def _modifies(self, line: cst.CSTNode, *, output: bool) -> bool:
        call = is_call_statement(line)
        if call is None or code(call.func) != f"{self.text}.modify" or [bool(arg.keyword) for arg in call.args] != [False] * 2:
            return False
        ready, events = (arg.value for arg in call.args)
        return code(ready) in self.elements and _watches(self.names, events, output=output)


def replies_told(tree: Tree, names: Names, found: Found, loop: cst.For, role: Role, place: cst.CSTNode) -> Outputs | None:
    """What becomes of replies that wait in queues, where the part of a turn at `place` writes them. Raises Refused."""
    body = place.body if isinstance(place, cst.IndentedBlock) else ()
    assert isinstance(found.call.func, cst.Attribute)
    if found.poller is None or not takes_from_queue(names, body, role):
        return None
    for registration in registrations(tree, names, found).values():
        given = registration.call.args
        if len(given) != 2 or not _watches(names, given[1].value, output=False):
            raise Refused("event-not-understood", registration.call, "it is not watched for input alone from the beginning")
    dropped = [each.body for each in failures(tree, names) if tree.within(each, loop)]
    for each in dropped:
        only_ends(tree, names, each, role.elements, FAILED)
    room = _Told(found.poller, code(found.call.func.value), role.elements, loop, dropped, tree, names)
    taken = replies(tree, names, found, body, room, role)
    if taken is None:
        return None
    _of_its_own(tree, names, found, loop, place, role)
    return Outputs([], taken.instead | _forgets(tree, names, found, role, dropped), taken.made, None, taken.said)


def _of_its_own(tree: Tree, names: Names, found: Found, loop: cst.For, place: cst.CSTNode, role: Role) -> None:
    """Raise Refused where the part that writes looks at what the loop stored for somebody else."""
    for variable, stores in list(names.stores.items()):
        inside = [store.node for store in stores if tree.within(store.node, found.loop)]
        others = [node for node in inside if not tree.within(node, place) and not tree.within(node, loop.target)]
        if others and len(others) == len(inside) and variable.name not in role.aliases and not variable.attribute:
            for load in [load for load in names.loads[variable] if tree.within(load, place)]:
                raise Refused("shared-over-await", load, f"`{variable.name}` is what another connection left in it")


def _forgets(
    tree: Tree, names: Names, found: Found, role: Role, dropped: Sequence[cst.CSTNode]
) -> dict[int, list[cst.CSTNode]]:
    """The lines that take a closed connection out of the table of descriptors, which go. Raises Refused where it is used for
    more than to find who is ready: where nothing is taken out, it has those too that were closed.
    """
    made = accepted_as(tree, found)
    keys = {*role.descriptors, *(f"{each}.fileno()" for each in role.elements), f"{code(made)}.fileno()" if made else ""}
    tables = {names.variable(each.value) for each in tree.all(cst.Subscript) if code(each) in role.elements}
    gone: dict[int, list[cst.CSTNode]] = {}
    for load in [load for table in tables if table is not None for load in names.loads[table]]:
        line, above = tree.statement(load), tree.parent(load)
        call = is_call_statement(line)
        given = {code(arg.value) for arg in call.args[:1]} if call is not None and call.func is above else set()
        pops = bool(given & keys) and code(above or load).endswith(".pop")
        if any(tree.within(load, each) for each in dropped):
            continue
        if pops or (isinstance(only(line), cst.Del) and code(line) in {f"del {code(load)}[{key}]" for key in keys}):
            if not beside_close(tree, names, line):
                raise Refused("end-not-understood", line, f"it is no longer in `{code(load)}`, and stays open")
            gone[id(line)] = []
        elif not (isinstance(above, cst.Subscript) and above.value is load and code(above.slice[0]) in keys):
            raise Refused("buffer-not-understood", load, f"`{code(load)}` is used for more than to find the one that is ready")
    return gone


def _watches(names: Names, events: cst.BaseExpression, *, output: bool) -> bool:
    """Whether events are those of input, with output or without."""
    asked = flags(names, events)
    return asked is not None and ("write" in asked) is output and takes_input(names, events)
