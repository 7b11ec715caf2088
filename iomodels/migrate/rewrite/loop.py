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
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["AcceptLoop", "accept_loops", "accepts", "convert_accept"]

Loop = cst.While | cst.For
DEPTH = 3  # functions between a loop and its `accept`


@dataclass(frozen=True)
class AcceptLoop:
    """An accept loop.

    loop: the loop; where there is none, the statement that accepts, which stands for all that follow it in its block.
    scope: what a connection belongs to: the loop, or the function with `accept` in it that the loop calls.
    call: `listener.accept()`. assign: the statement it is in. connection, address: what it is stored in.
    """

    loop: Loop | cst.SimpleStatementLine
    scope: Loop | cst.SimpleStatementLine | cst.FunctionDef
    call: cst.Call
    assign: cst.Assign
    listener: cst.BaseExpression
    connection: cst.BaseExpression
    address: cst.BaseExpression

    @property
    def once(self) -> bool:
        """Whether there is no loop: one client is served."""
        return isinstance(self.loop, cst.SimpleStatementLine)


def accept_loops(tree: Tree, names: Names) -> Iterator[AcceptLoop | Refused]:
    """Every `accept` of the file on what can be seen to be a listening socket; those in no loop as a refusal."""
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept" and not call.args:
            if _is_polled(tree, names, call):
                continue
            try:
                found = _accept_loop(tree, names, call)
            except Refused as refused:
                yield refused
            else:
                if found is not None:
                    yield found


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


def _accept_loop(tree: Tree, names: Names, call: cst.Call) -> AcceptLoop | None:
    assert isinstance(call.func, cst.Attribute)
    listener = call.func.value
    if not is_tcp_socket(tree, names, listener):
        return None
    function = tree.function(call)
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return None
    loop = _loop(tree, names, call)
    assign = tree.parent(call)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(assign, cst.Assign) or not isinstance(target, cst.Tuple) or len(target.elements) != 2:
        raise Refused("odd-loop", call, "what `accept` gives is not taken apart into the connection and its address")
    scope = loop if tree.within(call, loop) else function
    assert isinstance(scope, Loop | cst.SimpleStatementLine | cst.FunctionDef)
    return AcceptLoop(loop, scope, call, assign, listener, target.elements[0].value, target.elements[1].value)


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


def convert_accept(unit: Unit, found: AcceptLoop, seconds: str) -> None:
    """Let `connection, address = listener.accept()` await the library's. seconds: the listening socket's own limit, or ""."""
    op = unit.table.accept_within if seconds else unit.table.accept
    listener = unit.tree.code(found.listener)
    unit.use(op, None, listener, seconds)
    unit.wait(found.call)
    unit.consumed.add(id(found.call))
    unit.quiet.add(id(found.call))
    if unit.table.library is not Target.TRIO:
        unit.note(found.call, "input is read ahead: a close before all of it was received ends the connection without a reset")

    def edit(updated: cst.Assign) -> cst.CSTNode:
        ends = unit.ends_of(found.connection)
        assert ends is not None
        targets = ", ".join([*ends.both, unit.tree.code(found.address)])
        value = cst.parse_expression("await " + op.text.format(listener, seconds, reader="", writer=""))
        assign = cst.parse_statement(f"{targets} = x")
        assert isinstance(assign, cst.SimpleStatementLine)
        assert isinstance(assign.body[0], cst.Assign)
        unit.accepted.append(updated.with_changes(targets=assign.body[0].targets, value=value))
        return unit.accepted[-1]

    unit.edits.edit(found.assign, "accept", edit)


def accepts(unit: Unit, statement: cst.CSTNode) -> bool:
    """Whether a statement of the new text is, or has in it, the one that accepts."""
    return any(statement is each for each in unit.accepted) or any(accepts(unit, child) for child in statement.children)
