"""One client at a time: `accept` in a loop, and the whole conversation with a client before the next `accept`."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.at_once import serve_at_once
from iomodels.migrate.rewrite.closing import close_in_the_end
from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, accept_loops, convert_accept
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.pools import submits
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._queued import Queued, queued
from iomodels.migrate.rewrite.shapes._workers import is_worker
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.threads import PROCESSES, starts
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    others = [each.found.call for each in queued(tree, names) if isinstance(each, Queued)]
    for found in accept_loops(tree, names):
        if any((found.node if isinstance(found, Refused) else found.call) is each for each in others):
            continue  # what is put into a queue is served elsewhere
        if isinstance(found, Refused):
            yield found
        elif process := next(
            (call for call in tree.all(cst.Call) if names.qualified(call.func) in PROCESSES and _near(tree, call, found)), None
        ):
            yield Refused("process-per-client", process, "a process is started for a client")
        elif not _has_threads(tree, names, found) and not is_worker(tree, names, tree.function(found.loop)):
            yield Plan(found.call, partial(_make, found=found))


def _near(tree: Tree, call: cst.Call, found: AcceptLoop) -> bool:
    return tree.within(call, found.loop)


def _has_threads(tree: Tree, names: Names, found: AcceptLoop) -> bool:
    try:
        return bool(starts(tree, names, found.loop) or submits(tree, names, found))
    except Refused:
        return True


def _make(unit: Unit, found: AcceptLoop) -> None:
    unit.region = found.loop
    if unit.options.concurrent and not found.once:
        serve_at_once(unit, found)
        return
    follow(unit, found.connection)
    convert_accept(unit, found, time_limit(unit, found))
    conclude(unit)
    if not _closes(unit, found):
        close_in_the_end(unit, found.assign, found.connection, found.scope)
    take_out(unit, found.loop, tasks=None)
    unit.note(found.call, f"one client{'' if found.once else ' at a time'}, on {unit.table.library.value}")


def _closes(unit: Unit, found: AcceptLoop) -> bool:
    """Whether `with connection:`, or a `close` that is always reached, stands in the loop already."""
    tree, variable = unit.tree, unit.names.variable(found.connection)
    assert variable is not None
    for load in unit.names.loads[variable]:
        parent = tree.parent(load)
        argument = tree.parent(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(parent, cst.WithItem) or (
            isinstance(argument, cst.Call) and isinstance(tree.parent(argument), cst.WithItem)
        ):
            return tree.within(load, found.scope)
        if isinstance(parent, cst.Attribute) and parent.attr.value == "close" and _reached(unit, load, found):
            return True
    return False


def _reached(unit: Unit, node: cst.CSTNode, found: AcceptLoop) -> bool:
    """Whether a statement of the loop is reached whatever happens, unless the loop ends: after `continue` and `except`, too."""
    tree = unit.tree
    if not tree.within(node, found.scope):
        return False
    below = node
    for above in tree.ancestors(node):
        if above is found.scope or not tree.within(above, found.scope):
            break
        if isinstance(above, cst.If | cst.Else | cst.For | cst.While | cst.ExceptHandler | cst.IfExp | cst.FunctionDef):
            return False
        if isinstance(above, cst.Try) and not isinstance(below, cst.Finally):
            return False
        below = above
    finally_ = any(isinstance(above, cst.Finally) for above in tree.ancestors(node) if tree.within(above, found.scope))
    return finally_ or not any(tree.within(each, found.scope) for each in tree.all(cst.Continue))


SHAPE = Shape("IOM101", "accept-loop", _recognise)
