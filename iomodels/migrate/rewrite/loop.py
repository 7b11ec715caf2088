"""The accept loop: found, whether `accept` stands in it or in a function that it calls."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.origin import is_tcp_socket
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["AcceptLoop", "accept_loops", "convert_accept"]

DEPTH = 3  # functions between a loop and its `accept`


@dataclass(frozen=True)
class AcceptLoop:
    """An accept loop.

    loop: the loop. scope: what a connection belongs to: the loop, or the function with `accept` in it that the loop calls.
    call: `listener.accept()`. assign: the statement it is in. connection, address: what it is stored in.
    """

    loop: cst.While
    scope: cst.While | cst.FunctionDef
    call: cst.Call
    assign: cst.Assign
    listener: cst.BaseExpression
    connection: cst.BaseExpression
    address: cst.BaseExpression


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
    function = tree.function(call) or tree.module
    return any(
        names.qualified(other.func).startswith(("select.", "selectors."))
        for other in tree.all(cst.Call)
        if tree.within(other, function)
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
    assert isinstance(scope, cst.While | cst.FunctionDef)
    return AcceptLoop(loop, scope, call, assign, listener, target.elements[0].value, target.elements[1].value)


def _loop(tree: Tree, names: Names, call: cst.Call) -> cst.While:
    """The innermost loop round a call, or round the one call of the function that it stands in."""
    place = call
    for _ in range(DEPTH):
        function = tree.function(place)
        loops = [above for above in tree.ancestors(place) if isinstance(above, cst.While) and tree.function(above) is function]
        if loops:
            return loops[0]
        callers = [each for each in tree.all(cst.Call) if function is not None and names.function(each.func) is function]
        if len(callers) != 1:
            break
        place = callers[0]
    raise Refused("odd-loop", call, "`accept` stands in no loop, nor does the one call of its function")


def convert_accept(unit: Unit, found: AcceptLoop, seconds: str) -> None:
    """Let `connection, address = listener.accept()` await the library's. seconds: the listening socket's own limit, or ""."""
    op = unit.table.accept_within if seconds else unit.table.accept
    listener = unit.tree.code(found.listener)
    unit.use(op, None, listener, seconds)
    unit.wait(found.call)
    unit.consumed.add(id(found.call))
    unit.quiet.add(id(found.call))

    def edit(updated: cst.Assign) -> cst.Assign:
        ends = unit.ends_of(found.connection)
        assert ends is not None
        targets = ", ".join([*ends.both, unit.tree.code(found.address)])
        value = cst.parse_expression("await " + op.text.format(listener, seconds, reader="", writer=""))
        assign = cst.parse_statement(f"{targets} = x")
        assert isinstance(assign, cst.SimpleStatementLine)
        assert isinstance(assign.body[0], cst.Assign)
        return updated.with_changes(targets=assign.body[0].targets, value=value)

    unit.edits.edit(found.assign, "accept", edit)
