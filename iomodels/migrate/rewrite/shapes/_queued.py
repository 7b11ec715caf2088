"""An accepted connection that is put into a queue, and what takes it out: found, and converted together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.connections import names_of, spread
from iomodels.migrate.rewrite.loop import Accepting, AcceptLoop, acceptings, convert_accept, prepare_accept, taken_apart
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Queued", "Taken", "convert_get", "convert_put", "queued", "taken"]


@dataclass(frozen=True)
class Queued:
    """found: the `accept`; an AcceptLoop where its pair is taken apart before it is put. put: `queue.put(...)`."""

    found: Accepting
    put: cst.Call
    queue: cst.BaseExpression

    @property
    def item(self) -> cst.BaseExpression:
        return self.put.args[0].value


@dataclass(frozen=True)
class Taken:
    """What a worker gets. assign: `... = queue.get()`. connection: where the connection goes, at `place` of `targets`."""

    assign: cst.Assign
    connection: cst.BaseExpression
    targets: tuple[cst.BaseExpression, ...]
    place: int


def queued(tree: Tree, names: Names) -> Iterator[Queued | Refused]:
    """Every `accept` in a loop whose connection is put into something there."""
    for found in acceptings(tree, names):
        if isinstance(found, Refused) or found.once or not tree.within(found.call, found.loop):
            continue
        puts = [
            call
            for call in tree.calls_in(found.loop)
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "put" and _is_put(tree, names, found, call)
        ]
        if len(puts) > 1:
            yield Refused("thread-is-used", puts[1], "a connection is put into a queue in two places")
        elif puts:
            assert isinstance(puts[0].func, cst.Attribute)
            apart = found
            try:
                apart = taken_apart(tree, found)
            except Refused:  # it is put as it is
                pass
            yield Queued(apart, puts[0], puts[0].func.value)


def _is_put(tree: Tree, names: Names, found: Accepting, put: cst.Call) -> bool:
    """Whether a call puts what `accept` gives: itself, its connection, or a tuple with that in it."""
    if tree.within(found.call, put):
        return True
    assign = tree.parent(found.call)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return False
    target = assign.targets[0].target
    variable = names.variable(target.elements[0].value if isinstance(target, cst.Tuple) else target)
    loads = names.loads[variable] if variable is not None else []
    return any(tree.within(load, put) and _is_part(tree, load, put) for load in loads)


def _is_part(tree: Tree, load: cst.BaseExpression, put: cst.Call) -> bool:
    """Whether a value is the argument of a call, or an element of a tuple that is."""
    parent = tree.parent(load)
    if isinstance(parent, cst.Element):
        parent = tree.parent(tree.parent(parent) or parent)
    return isinstance(parent, cst.Arg) and tree.parent(parent) is put


def taken(unit: Unit, queued: Queued, get: cst.Call) -> Taken:
    """Where a worker's connection goes. Raises Refused where it takes another thing out than was put in."""
    tree, assign = unit.tree, unit.tree.parent(get)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        raise Refused("odd-loop", get, "what `get` gives is not stored")
    target = assign.targets[0].target
    parts = tuple(each.value for each in target.elements) if isinstance(target, cst.Tuple) else (target,)
    starred = [each for each in tree.all(cst.StarredElement) if tree.within(each, assign) or tree.within(each, queued.put)]
    if starred:
        raise Refused("odd-loop", starred[0], f"where the connection is in `{tree.code(starred[0])}` cannot be told")
    if not isinstance(queued.found, AcceptLoop):
        whole, place, size = False, 0, 2
    else:
        item = queued.item
        whole = not isinstance(item, cst.Tuple)
        given = [each.value for each in item.elements] if isinstance(item, cst.Tuple) else [item]
        connection = unit.names.variable(queued.found.connection)
        places = [index for index, each in enumerate(given) if unit.names.variable(each) == connection]
        if connection is None or connection.attribute or len(places) != 1:
            raise Refused("connection-escapes", item, f"where the connection is in `{tree.code(item)}` cannot be told")
        place, size = places[0], len(given)
    if whole == isinstance(target, cst.Tuple) or len(parts) != size or not isinstance(parts[place], cst.Name):
        raise Refused("odd-loop", get, f"`{tree.code(assign)}` does not take apart what `{tree.code(queued.put)}` puts")
    return Taken(assign, parts[place], parts, place)


def convert_put(unit: Unit, queued: Queued, seconds: str) -> None:
    """Let `accept` and `put` be awaited; what is put has asyncio's reader and writer in the connection's place."""
    tree, found, put = unit.tree, queued.found, queued.put
    if not isinstance(tree.parent(put), cst.Expr):
        raise Refused("odd-loop", put, f"`{tree.code(put)}` is a part of something")
    unit.await_call(put)
    unit.quiet.add(id(put))
    unit.consumed.add(id(put))
    if isinstance(found, AcceptLoop):
        convert_accept(unit, found, seconds)
        return
    text = prepare_accept(unit, found, unit.table.accept_within if seconds else unit.table.accept, seconds)
    unit.edits.edit(found.call, "accept", lambda _: unit.awaited(found.call, text))
    assign = tree.parent(found.call)
    if found.call is queued.item:
        return
    variable = unit.names.variable(queued.item)
    loads = unit.names.loads[variable] if variable is not None else []
    stored = isinstance(assign, cst.Assign) and len(assign.targets) == 1 and isinstance(queued.item, cst.Name)
    if not stored or variable is None or len(loads) != 1 or len(unit.names.stores[variable]) != 1:
        raise Refused("odd-loop", found.call, "what `accept` gives is not taken apart, nor put as it is")


def put_connection(unit: Unit, queued: Queued) -> None:
    """Take the connection in what is put for seen to. To be asked before connections are followed. Raises Refused."""
    if not isinstance(queued.found, AcceptLoop):
        return
    variable = unit.names.variable(queued.found.connection)
    loads = unit.names.loads[variable] if variable is not None else []
    for load in loads:
        if unit.tree.within(load, queued.put):
            unit.consumed.add(id(load))
            element = unit.tree.parent(load)
            if isinstance(element, cst.Element):
                spread(unit, element, cst.Element, names_of(unit, load))
            elif unit.table.pair:
                unit.edits.edit(load, "put", partial(_pair, names_of(unit, load)))
        elif unit.tree.function(load) is unit.tree.function(queued.put) and unit.tree.follows(load, queued.put):
            raise Refused("connection-escapes", load, f"`{unit.tree.code(load)}` is used when a worker may have it already")


def _pair(names: Callable[[], tuple[str, ...]], _: cst.CSTNode) -> cst.BaseExpression:
    return cst.parse_expression(f"({', '.join(names())})")


def convert_get(unit: Unit, get: cst.Call, taken: Taken) -> None:
    """Let `connection, address = queue.get()` be awaited."""
    unit.wait(get)
    unit.quiet.add(id(get))
    unit.consumed.add(id(get))
    unit.giving.append(get)

    def edit(updated: cst.Assign) -> cst.CSTNode:
        ends = unit.ends_of(taken.connection)
        assert ends is not None
        texts = [unit.tree.code(each) for each in taken.targets]
        texts[taken.place : taken.place + 1] = ends.both
        assign = cst.parse_statement(f"{', '.join(texts)} = x")
        assert isinstance(assign, cst.SimpleStatementLine)
        assert isinstance(assign.body[0], cst.Assign)
        value = cst.parse_expression(f"await {unit.tree.code(get)}")
        unit.accepted.append(updated.with_changes(targets=assign.body[0].targets, value=value))
        return unit.accepted[-1]

    unit.edits.edit(taken.assign, "get", edit)
