"""`accept` in a coroutine function: it is awaited, and what it gives is followed, as in a loop of its own."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, convert_accept
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.origin import is_tcp_socket
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._library import check_library
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for call in tree.all(cst.Call):
        function = tree.function(call)
        if not isinstance(function, cst.FunctionDef) or function.asynchronous is None or call.args:
            continue
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "accept":
            continue
        try:
            if not isinstance(tree.parent(call), cst.Await) and is_tcp_socket(tree, names, call.func.value):
                yield Plan(call, partial(_make, found=_found(tree, call, call.func.value, function), function=function))
        except Refused as refused:
            yield refused


def _found(tree: Tree, call: cst.Call, listener: cst.BaseExpression, function: cst.FunctionDef) -> AcceptLoop:
    assign, line = tree.parent(call), tree.statement(call)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(assign, cst.Assign) or not isinstance(target, cst.Tuple) or len(target.elements) != 2:
        raise Refused("odd-loop", call, "what `accept` gives is not taken apart into the connection and its address")
    assert isinstance(line, cst.SimpleStatementLine)
    return AcceptLoop(line, call, listener, function, assign, target.elements[0].value, target.elements[1].value)


def _make(unit: Unit, found: AcceptLoop, function: cst.FunctionDef) -> None:
    check_library(unit, found.call)
    unit.plain.append(function)
    follow(unit, found.connection)
    convert_accept(unit, found, time_limit(unit, found))
    conclude(unit)
    unit.note(found.call, f"`accept` is awaited, on {unit.table.library.value}, and others run meanwhile")


SHAPE = Shape("IOM302", "accept-in-async", _recognise)
