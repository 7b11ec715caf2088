"""What has to hold for an event loop to be a task per connection, beyond its form."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags, never_asked_for
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._registrations import registrations
from iomodels.migrate.rewrite.shapes._room import room_for, watched_while_owed
from iomodels.migrate.rewrite.shapes._room_asked import asked_when_owed
from iomodels.migrate.rewrite.shapes._shared import shared_over_awaits
from iomodels.migrate.rewrite.shapes._tools import closes, code, contains, is_call_statement
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.shapes._watching import watched_to_the_end
from iomodels.migrate.rewrite.shapes._written import written_whole
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["prove", "prove_alone", "prove_before"]

LEAVES = {"unregister", "remove", "discard"}


def prove_before(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Look at the old text. Raises Refused."""
    _no_edges(tree, names)
    _no_timeouts(tree)
    _no_draining(tree, found)
    _own_names(tree, names, found)
    _not_of_the_last(tree, names, found, turn)
    _stays_ready(names, found, turn)
    watched_to_the_end(tree, names, found, turn)
    _room_when_owed(tree, names, found, turn)
    if found.kind != "select":
        _begins_reading(tree, names, found)
        _same_data(tree, names, found)
    _begins_with_listener(tree, names, found, turn)
    _leaves_when_closed(tree, names, found, turn)


def _room_when_owed(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """`select` must wait for room for whoever is owed something; who registers events must ask for that one at all."""
    role, reading = turn.roles[False], turn.reading
    if found.kind != "select" and (test := never_asked_for(tree, names)) is not None:
        raise Refused("event-not-understood", test, "no connection is watched for output, and this never holds")
    if found.kind != "select" and role.owed:
        asked_when_owed(tree, names, role.owed)
    if found.kind == "select" and role.owed and role.writes is not None and reading is not None:
        room = turn.outputs.room if turn.outputs is not None else room_for(names, found, role.elements, reading, ())
        watched_while_owed(tree, names, found, role.owed, role.elements, room, role.writes)
        if room is None:
            role.unasked.clear()  # who waits for room is owed something


def prove(tree: Tree, names: Names, name: str, *, in_turn: bool = False) -> None:
    """Look at the new text, with threads. in_turn: whether one turn is done at a time still. Raises Refused."""
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        used = names.qualified(node)
        if used.startswith(("select.", "selectors.")) and used != "select.error":
            raise Refused("event-not-understood", node, f"`{tree.code(node)}` is still used")
    starred = any(isinstance(each.names, cst.ImportStar) for each in tree.all(cst.ImportFrom))
    for each in tree.all(cst.Name):
        scope, parent = tree.scopes.get(each), tree.parent(each)
        if scope is None or starred or (isinstance(parent, cst.Arg) and parent.keyword is each):
            continue
        if not (isinstance(parent, cst.Attribute) and parent.attr is each) and not scope[each.value]:
            raise Refused("odd-event-loop", each, f"`{each.value}` is not known where a connection is served")
    written_whole(tree, names, name)
    if not in_turn:
        shared_over_awaits(tree, names, name)


def prove_alone(tree: Tree, names: Names, watched: set[str]) -> str:
    """The text of the tree. Raises Refused where all connections are gone through, for more than to count them."""
    loops: list[cst.For | cst.CompFor] = [*tree.all(cst.For), *tree.all(cst.CompFor)]
    for loop in loops:
        over = {code(each) for each in contains(loop.iter) if isinstance(each, cst.Name | cst.Attribute)}
        if over & watched:
            targets = [names.variable(each) for each in contains(loop.target) if isinstance(each, cst.Name)]
            for load in (load for variable in targets if variable is not None for load in names.loads[variable]):
                parent = tree.parent(load)
                if isinstance(parent, cst.Attribute | cst.Arg) and tree.within(load, tree.statement(loop)):
                    raise Refused("connection-escapes", load, "it goes through the others, for what one connection did")
    return tree.text


def _no_edges(tree: Tree, names: Names) -> None:
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        if names.qualified(node) in {"select.EPOLLET", "select.EPOLLONESHOT", "select.EPOLLEXCLUSIVE"}:
            raise Refused("event-not-understood", node, "it is told of changes only, and receives until it would block")


def _no_timeouts(tree: Tree) -> None:
    """A time limit on a socket that is ready limits nothing; on one that is waited for it would."""
    for call in tree.all(cst.Call):
        limits = isinstance(call.func, cst.Attribute) and call.func.attr.value == "settimeout"
        if limits and [code(arg.value) for arg in call.args] not in (["None"], ["0"], ["0.0"]):
            raise Refused("time-limit", call, "a time limit on a socket that is only used when it is ready")


def _no_draining(tree: Tree, found: Found) -> None:
    """`recv` in a loop until it would block: it would wait for ever, with what it has."""
    for call in tree.all(cst.Call):
        if not (isinstance(call.func, cst.Attribute) and call.func.attr.value in {"recv", "recv_into"}):
            continue
        function = tree.function(call)
        for above in tree.ancestors(call):
            dispatches = above is found.loop or any(above is each for each in found.host.body)
            if isinstance(above, cst.While | cst.For) and tree.function(above) is function and not dispatches:
                raise Refused(
                    "event-not-understood", call, "it receives more than once when it is told that there is something"
                )


def _own_names(tree: Tree, names: Names, found: Found) -> None:
    """Names that are set for one connection must not be seen by the next."""
    host = tree.function(found.call)
    inside = [each for each in found.host.body if tree.within(found.call, each) or isinstance(each, cst.For | cst.If | cst.Try)]
    for variable, stores in list(names.stores.items()):
        here = [
            store.node
            for store in stores
            if tree.function(store.node) is host and any(tree.within(store.node, each) for each in inside)
            if not isinstance(tree.parent(store.node), cst.CompFor)  # which nobody else sees
        ]
        if (
            variable.attribute
            or not here
            or any(tree.within(node, each) for node in here for each in found.host.body if each not in inside)
        ):
            continue
        every = [*(store.node for store in stores), *names.loads[variable]]
        outside = [node for node in every if not any(tree.within(node, each) for each in inside)]
        augmented = [node for node in here if isinstance(tree.parent(node), cst.AugAssign)]
        begins = min(map(tree.line, here))
        read = any(tree.line(node) <= begins and tree.within(node, found.loop) for node in names.loads[variable])
        if outside or read or (augmented and len(augmented) == len(here)):
            raise Refused("shared-over-await", here[0], f"`{variable.name}` is kept from one turn to the next")


def _stays_ready(names: Names, found: Found, turn: Turn) -> None:
    """The descriptor that is ready stands for one connection from the beginning of a turn to its end."""
    served = [node for each in turn.connection for node in contains(each) if isinstance(node, cst.Name)]
    for node in served if found.kind == "poll" else ():
        if node.value == turn.ready and any(store.node is node for store in names.stores.get(names.variable(node), [])):  # type: ignore[arg-type]
            raise Refused("odd-event-loop", node, f"`{turn.ready}` becomes another in the turn of one connection")


def _not_of_the_last(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """What accepting a connection leaves in a name is about the one that came last, whoever is served."""
    welcome = {id(node) for each in turn.listener for node in contains(each)}
    served = {id(node) for each in turn.connection for node in contains(each)}
    for variable, stores in list(names.stores.items()):
        nodes = {id(store.node) for store in stores}
        for load in names.loads[variable]:
            if not variable.attribute and id(load) in served and nodes & welcome and not nodes & served:
                address = any(tree.statement(store.node) is tree.statement(found.accept) for store in stores)
                own = ", whose `getpeername` says its own" if address else ""
                raise Refused(
                    "shared-over-await", load, f"`{variable.name}` is of the connection that came last, not of this one{own}"
                )


def _begins_reading(tree: Tree, names: Names, found: Found) -> None:
    call = registrations(tree, names, found)[False].call
    given = [
        arg.value
        for index, arg in enumerate(call.args)
        if index == 1 or (arg.keyword is not None and arg.keyword.value == "events")
    ]
    asked = flags(names, given[0]) if given else {"read"}
    if asked is None or "read" not in asked:
        raise Refused("event-not-understood", call, "a new connection is not watched for input")


def _leaves_when_closed(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Whatever is not watched any more must be closed then."""
    watched = {code(each) for each in turn.watched}
    for line in tree.all(cst.SimpleStatementLine):
        call = is_call_statement(line)
        if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value not in LEAVES:
            continue
        about = found.poller is not None and names.variable(call.func.value) == found.poller
        room = turn.outputs.room if turn.outputs is not None else None
        if (not about and code(call.func.value) not in watched) or (room is not None and code(call.func.value) == room.text):
            continue
        block = tree.parent(line)
        above = tree.parent(block) if block is not None else None
        if isinstance(above, cst.If) and code(above.test) == f"{code(call.args[0].value)} in {code(call.func.value)}":
            block = tree.parent(above)
        beside: Sequence[cst.CSTNode] = block.body if isinstance(block, cst.IndentedBlock) else ()
        if not any(
            (inner := is_call_statement(each)) is not None and (code(inner.func).endswith(".close") or closes(names, inner))
            for each in beside
        ):
            raise Refused("end-not-understood", line, "it is not watched any more, and stays open")


def _same_data(tree: Tree, names: Names, found: Found) -> None:
    """What is called for a connection must stay the same."""
    if found.kind != "selectors" or found.poller is None:
        return
    data = registrations(tree, names, found)[False].data
    owner = names.class_called(data.func) if isinstance(data, cst.Call) else None
    for load in names.loads[found.poller]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if attribute is not None else None
        if isinstance(attribute, cst.Attribute) and attribute.attr.value == "modify" and isinstance(call, cst.Call):
            given = [
                arg.value
                for index, arg in enumerate(call.args)
                if index == 2 or (arg.keyword is not None and arg.keyword.value == "data")
            ]
            same = (not given and data is None) or (given and data is not None and code(given[0]) == code(data))
            if not same and not (given and owner is not None and names.held(given[0]) is owner):
                raise Refused("event-not-understood", call, "what is called for a connection changes")


def _begins_with_listener(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """A list of what is watched must begin with the listening socket alone."""
    for node in turn.watched:
        for value in names.values(names.variable(node)):
            if isinstance(value, cst.List | cst.Set | cst.Tuple):
                for element in value.elements:
                    if not is_listener(tree, names, found, element.value):
                        raise Refused("odd-event-loop", element, "something else is watched from the beginning")
