"""One turn of an event loop, taken apart: the wait, what is done for the listening socket, for a connection, and for nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._failures import after_input, failures, no_part_for_urgent
from iomodels.migrate.rewrite.shapes._fold import fold
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as, is_listener
from iomodels.migrate.rewrite.shapes._modified import replies_told
from iomodels.migrate.rewrite.shapes._outputs import Outputs, check_urgent, part_that_writes
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.shapes._wait import limit, only_for_the_wait, results_of
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Turn", "take_apart"]


@dataclass
class Turn:
    """One turn.

    listener, connection: what is left of the dispatch for each; roles: how it was read. idle: what is done besides.
    timeout: of the wait, in seconds, or "". watched: what `select` is given. ready: what the loop calls who is ready. outputs:
    of a loop of its own over who takes output. urgent: whether there was one over who sent urgent data. failed: whether there
    were parts for who failed.
    """

    listener: list[cst.CSTNode]
    connection: list[cst.CSTNode]
    roles: dict[bool, Role]
    idle: list[cst.CSTNode] = field(default_factory=list)
    timeout: str = ""
    watched: list[cst.BaseExpression] = field(default_factory=list)
    ready: str = ""
    reading: cst.For | None = None
    outputs: Outputs | None = None
    urgent: bool = False
    failed: bool = False


def take_apart(tree: Tree, names: Names, found: Found) -> Turn:
    """Take the block with the wait apart. Raises Refused for any statement in it that is not understood."""
    body = list(found.host.body)
    index = next((index for index, each in enumerate(body) if tree.within(found.call, each)), 0)
    prelude, line, after = body[:index], body[index], body[index + 1 :]
    results = results_of(tree, line, found)
    if found.kind == "poll":
        no_part_for_urgent(tree, names)
    only_for_the_wait(tree, names, prelude, body[: index + 1])
    parts: dict[bool, list[cst.CSTNode]] = {True: [], False: []}
    turn = Turn(parts[True], parts[False], {}, watched=_watched(tree, names, found, prelude))
    turn.timeout = limit(tree, names, found)
    later = {
        code: [each for each in after if isinstance(each, cst.For) and tree.code(each.iter) == code] for code in results[1:]
    }
    writing, urgent = later.values() if found.kind == "select" and len(later) == 2 else ([], [])
    for statement in ([line] if isinstance(line, cst.For) else []) + after:
        if any(statement is each for each in [*writing, *urgent]):
            continue
        if isinstance(statement, cst.For) and _iterates(tree, statement, found, results, turn):
            _one_ready(tree, names, found, statement, results, turn)
        elif isinstance(statement, cst.If) and _asks_for_listener(tree, names, found, statement, results):
            role = _role(tree, names, found, listener=True, elements=set())
            parts[True] += fold(statement.body.body, role)
            turn.roles.setdefault(True, role)
        elif any(isinstance(node, cst.Name) and node.value in results for node in _names_in(statement)):
            raise Refused("odd-event-loop", statement, "what is ready is used in a way that is not known")
        else:
            turn.idle.append(statement)
    for failed in failures(tree, names) if found.kind == "poll" else ():
        after_input(tree, names, failed)
        turn.failed = True
    for loop in urgent:
        check_urgent(tree, names, loop)
    turn.urgent = bool(urgent)
    if len(writing) > 1 or (writing and turn.reading is None):
        raise Refused("odd-event-loop", writing[0], "who takes output is gone through in a way that is not known")
    for loop in writing:
        assert turn.reading is not None
        _not_left(tree, loop)
        turn.outputs = part_that_writes(tree, names, found, loop, turn.reading, turn.roles[False], urgent)
        parts[False] += turn.outputs.part
    if not parts[True] or not parts[False]:
        raise Refused("odd-event-loop", found.call, "which part accepts, and which serves a connection, cannot be told")
    return turn


def _names_in(node: cst.CSTNode) -> list[cst.Name]:
    return [each for each in contains(node) if isinstance(each, cst.Name)]


def _role(tree: Tree, names: Names, found: Found, *, listener: bool, elements: set[str]) -> Role:
    def listens(node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "fileno":
            node = node.func.value
        elif (values := names.values(names.variable(node))) and all(isinstance(value, cst.Call) for value in values):
            value = values[0]
            if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "fileno":
                node = value.func.value
        return is_listener(tree, names, found, node)

    return Role(tree, names, listener, elements, listens)


def _watched(tree: Tree, names: Names, found: Found, prelude: Sequence[cst.CSTNode]) -> list[cst.BaseExpression]:
    """What `select` is given to watch, as the variables and attributes in it, those that hold the listening socket left out."""
    if found.kind != "select":
        return []
    places = [*prelude, *(arg for arg in found.call.args[:3])]
    made = {
        names.variable(each)
        for statement in prelude
        for each in _names_in(statement)
        if any(s.node is each for s in names.stores.get(names.variable(each), []))  # type: ignore[arg-type]
    }
    left: list[cst.BaseExpression] = []
    for place in places:
        for node in [*tree.all(cst.Name), *tree.all(cst.Attribute)]:
            variable = names.variable(node)
            if variable is None or variable in made or not tree.within(node, place) or variable.name == "self":
                continue
            if not is_listener(tree, names, found, node):
                left.append(node)
    return left


def _iterates(tree: Tree, loop: cst.For, found: Found, results: Sequence[str], turn: Turn) -> bool:
    """Whether a loop goes over who is ready."""
    iterated = loop.iter
    if isinstance(iterated, cst.Subscript) and iterated.value is found.call:
        return tree.code(iterated.slice[0]) == "0"
    if iterated is found.call:
        return found.kind != "select"
    if (
        isinstance(iterated, cst.BinaryOperation)
        and isinstance(iterated.operator, cst.BitAnd)
        and isinstance(iterated.right, cst.Set)
    ):
        starred = {tree.code(each.value) for each in iterated.right.elements if isinstance(each, cst.StarredElement)}
        if starred == set(results[:2]) and len(starred) == len(iterated.right.elements):
            return tree.code(iterated.left) in {tree.code(node) for node in turn.watched}
    return bool(results) and tree.code(iterated) == results[0]


def _asks_for_listener(tree: Tree, names: Names, found: Found, statement: cst.If, results: Sequence[str]) -> bool:
    test = statement.test
    return (
        isinstance(test, cst.Comparison)
        and len(test.comparisons) == 1
        and isinstance(test.comparisons[0].operator, cst.In)
        and found.kind == "select"
        and tree.code(test.comparisons[0].comparator) == results[0]
        and is_listener(tree, names, found, test.left)
        and statement.orelse is None
    )


def _one_ready(tree: Tree, names: Names, found: Found, loop: cst.For, results: Sequence[str], turn: Turn) -> None:
    """The body of the loop over who is ready, for the listening socket and for a connection."""
    target = loop.target
    pair = [tree.code(each.value) for each in target.elements] if isinstance(target, cst.Tuple) else [tree.code(target)]
    if len(pair) != (1 if found.kind == "select" else 2) or turn.ready or loop.orelse is not None:
        raise Refused("odd-event-loop", loop, "who is ready is gone through in a way that is not known")
    turn.ready = pair[0]
    known = isinstance(loop.iter, cst.BinaryOperation)  # only connections are in it
    for listener in (False,) if known else (True, False):
        elements = {pair[0]} if found.kind != "selectors" else {f"{pair[0]}.fileobj", f"{pair[0]}.fd"}
        role = _role(tree, names, found, listener=listener, elements=elements)
        role.masks = set(pair[1:])
        role.data = {f"{pair[0]}.data"} if found.kind == "selectors" else set()
        if found.kind == "select":
            role.owner = _class_watched(tree, names, turn)
        if found.kind == "select" and results:
            role.readable, role.writable = {results[0]}, {results[1]}
        if found.kind == "poll":
            role.descriptors = {pair[0]}
            role.elements |= _looked_up(tree, names, found, loop, pair[0])
            role.queued = partial(_queued, tree, names, found, turn, loop, role)
        part = fold(loop.body.body, role)
        if part and isinstance(part[-1], cst.SimpleStatementLine) and isinstance(part[-1].body[0], cst.Continue):
            del part[-1]
        (turn.listener if listener else turn.connection).extend(part)
        turn.roles[listener] = role
    turn.reading = loop
    _not_left(tree, loop)


def _queued(tree: Tree, names: Names, found: Found, turn: Turn, loop: cst.For, role: Role, place: cst.CSTNode) -> bool:
    """Whether a part writes what is in a queue: for a connection it is understood then, and the listening socket has none."""
    outputs = replies_told(tree, names, found, loop, role, place)
    if not role.listener:
        turn.outputs = outputs
    return outputs is not None


def _not_left(tree: Tree, loop: cst.For) -> None:
    for kind in (cst.Break, cst.Return):
        if any(tree.within(each, loop) and _loop_of(tree, each) is loop for each in tree.all(kind)):
            raise Refused("odd-event-loop", loop, "the loop over who is ready is left")


def _loop_of(tree: Tree, node: cst.CSTNode) -> cst.CSTNode | None:
    return next((above for above in tree.ancestors(node) if isinstance(above, cst.For | cst.While | cst.FunctionDef)), None)


def _class_watched(tree: Tree, names: Names, turn: Turn) -> cst.ClassDef | None:
    """The class of which instances are put into what is watched: `clients.add(Client(...))`."""
    watched = {tree.code(node) for node in turn.watched}
    puts = [
        call.args[0].value
        for call in tree.all(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in {"add", "append"} and len(call.args) == 1
        if tree.code(call.func.value) in watched
    ]
    classes = {names.class_called(put.func) if isinstance(put, cst.Call) else None for put in puts}
    return classes.pop() if len(classes) == 1 else None


def _looked_up(tree: Tree, names: Names, found: Found, loop: cst.For, descriptor: str) -> set[str]:
    """`sockets[fd]`, where `sockets` has nothing but the sockets that were accepted, and the listening socket."""
    made = accepted_as(tree, found)
    accepted = names.variable(made) if made is not None else None
    told = set()
    for node in tree.all(cst.Subscript):
        if tree.within(node, loop) and tree.code(node).endswith(f"[{descriptor}]") and accepted is not None:
            variable = names.variable(node.value)
            puts = [
                assign.value
                for load in (names.loads[variable] if variable is not None else [])
                if isinstance(place := tree.parent(load), cst.Subscript)
                and isinstance(aim := tree.parent(place), cst.AssignTarget)
                and isinstance(assign := tree.parent(aim), cst.Assign)
            ]
            if puts and all(names.variable(put) == accepted for put in puts):
                told.add(tree.code(node))
    return told
