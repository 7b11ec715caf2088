"""The accept loop: found, whether `accept` stands in it or in a function that it calls."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.origin import is_tcp_socket
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._found import Found, accepting, bounds, waits
from iomodels.migrate.rewrite.shapes._polled import polled
from iomodels.migrate.rewrite.targets import Op
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = [
    "AcceptLoop",
    "Accepting",
    "Loop",
    "accept_loops",
    "acceptings",
    "accepts",
    "convert_accept",
    "prepare_accept",
    "taken_apart",
]

Loop = cst.While | cst.For
DEPTH = 3  # functions between a loop and its `accept`


@dataclass(frozen=True)
class Accepting:
    """An `accept`, whatever becomes of what it gives.

    loop: the loop; where there is none, the statement that accepts, which stands for all that follow it in its block.
    call: `listener.accept()`.
    """

    loop: Loop | cst.SimpleStatementLine
    call: cst.Call
    listener: cst.BaseExpression

    @property
    def once(self) -> bool:
        """Whether there is no loop: one client is served."""
        return isinstance(self.loop, cst.SimpleStatementLine)


@dataclass(frozen=True)
class AcceptLoop(Accepting):
    """An accept loop.

    scope: what a connection belongs to: the loop, or the function with `accept` in it that the loop calls.
    assign: the statement that accepts. connection, address: what it stores.
    """

    scope: Loop | cst.SimpleStatementLine | cst.FunctionDef
    assign: cst.Assign
    connection: cst.BaseExpression
    address: cst.BaseExpression


def acceptings(tree: Tree, names: Names) -> Iterator[Accepting | Refused]:
    """Every `accept` of the file on what can be seen to be a listening socket, but those that a selector speaks for."""
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept" and not call.args:
            if _is_polled(tree, names, call):
                continue
            try:
                found = _accepting(tree, names, call)
            except Refused as refused:
                yield refused
            else:
                if found is not None:
                    yield found


def accept_loops(tree: Tree, names: Names) -> Iterator[AcceptLoop | Refused]:
    """Those whose connection and address are taken apart at once; the others as a refusal."""
    for found in acceptings(tree, names):
        try:
            yield found if isinstance(found, Refused) else taken_apart(tree, found)
        except Refused as refused:
            yield refused


def _is_polled(tree: Tree, names: Names, call: cst.Call) -> bool:
    """Whether the function around asks a selector who is ready: then it is another shape."""
    function, accepts = tree.function(call), accepting(tree, names)
    return (
        any(
            names.qualified(other.func).startswith(("select.", "selectors.")) and not bounds(tree, names, other, accepts)
            for other in tree.all(cst.Call)
            if (tree.function(other) is None if function is None else tree.within(other, function))
        )
        or any(
            isinstance(found, Found) and found.accept is call for found in waits(tree, names, {"select", "poll", "selectors"})
        )
        or any(found.accept is call for found in polled(tree, names))
    )


def _accepting(tree: Tree, names: Names, call: cst.Call) -> Accepting | None:
    assert isinstance(call.func, cst.Attribute)
    listener = call.func.value
    if not is_tcp_socket(tree, names, listener):
        return None
    function = tree.function(call)
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return None
    return Accepting(_loop(tree, names, call), call, listener)


def taken_apart(tree: Tree, found: Accepting) -> AcceptLoop:
    """An `accept` whose connection and address are taken apart at once. Raises Refused."""
    loop, call = found.loop, found.call
    assign = tree.parent(call)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(assign, cst.Assign) or not isinstance(target, cst.Tuple) or len(target.elements) != 2:
        raise Refused("odd-loop", call, "what `accept` gives is not taken apart into the connection and its address")
    scope = loop if tree.within(call, loop) else tree.function(call)
    assert isinstance(scope, Loop | cst.SimpleStatementLine | cst.FunctionDef)
    return AcceptLoop(loop, call, found.listener, scope, assign, target.elements[0].value, target.elements[1].value)


def _loop(tree: Tree, names: Names, call: cst.Call) -> Loop | cst.SimpleStatementLine:
    """The innermost loop round a call, or round the one call of the function that it stands in; else the call's statement."""
    place = call
    for _ in range(DEPTH):
        function = tree.function(place)
        loops = [above for above in tree.ancestors(place) if isinstance(above, Loop) and tree.function(above) is function]
        if loops:
            return loops[0]
        callers = [each for each in tree.all(cst.Call) if function is not None and names.function(each.func) is function]
        if len(callers) != 1:
            break
        place = callers[0]
    statement = tree.statement(call)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) > 1:
        raise Refused("odd-loop", call, "`accept` stands in no loop, and not in a line of its own")
    tree.span(statement)
    return statement


def prepare_accept(unit: Unit, found: Accepting, op: Op, more: str) -> str:
    """Let a call of `accept` be one that waits. Returns the text of what it becomes, without `await`."""
    unit.wait(found.call)
    unit.consumed.add(id(found.call))
    unit.quiet.add(id(found.call))
    unit.giving.append(found.call)
    if unit.table.library is not Target.TRIO:
        unit.note(found.call, "input is read ahead: a close before all of it was received ends the connection without a reset")
    return unit.use(op, None, unit.tree.code(found.listener), more)


def convert_accept(unit: Unit, found: AcceptLoop, seconds: str, turn: str = "") -> None:
    """Let `connection, address = listener.accept()` await the library's.

    seconds: the listening socket's own limit, or "". turn: the name of a lock, where several tasks accept, or "".
    """
    op = unit.table.accept_in_turn if turn else unit.table.accept_within if seconds else unit.table.accept
    text = prepare_accept(unit, found, op, turn or seconds)

    def edit(updated: cst.Assign) -> cst.CSTNode:
        ends = unit.ends_of(found.connection)
        assert ends is not None
        targets = ", ".join([*ends.both, unit.tree.code(found.address)])
        value = cst.parse_expression(f"await {text}")
        assign = cst.parse_statement(f"{targets} = x")
        assert isinstance(assign, cst.SimpleStatementLine)
        assert isinstance(assign.body[0], cst.Assign)
        unit.accepted.append(updated.with_changes(targets=assign.body[0].targets, value=value))
        return unit.accepted[-1]

    unit.edits.edit(found.assign, "accept", edit)


def accepts(unit: Unit, statement: cst.CSTNode) -> bool:
    """Whether a statement of the new text is, or has in it, the one that accepts."""
    return any(statement is each for each in unit.accepted) or any(accepts(unit, child) for child in statement.children)
