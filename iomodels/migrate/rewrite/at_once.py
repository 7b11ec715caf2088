"""With --concurrent: what served one client at a time serves them all at once."""

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, convert_accept
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.threads import Start, check_start, convert_call
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["serve_at_once"]


def serve_at_once(unit: Unit, found: AcceptLoop) -> None:
    """Let a sequential accept loop start a task for each client. Raises Refused."""
    call = _handler_call(unit, found)
    start = Start(call, call.func, [cst.Element(arg.value) for arg in call.args])
    unit.concurrent = True
    convert_call(unit, start)
    follow(unit, found.connection)
    check_start(unit, start)
    convert_accept(unit, found, time_limit(unit, found))
    conclude(unit)
    take_out(unit, found.loop, tasks=unit.table.tasks)
    unit.note(
        call, f"clients are served at once, each by a task, on {unit.table.library.value}; what a handler raises ends it alone"
    )


def _handler_call(unit: Unit, found: AcceptLoop) -> cst.Call:
    """The one call that the whole conversation is; a `close` after it goes, since a task closes its connection."""
    tree, variable = unit.tree, unit.names.variable(found.connection)
    loads = unit.names.loads[variable] if variable is not None else []
    here = [load for load in loads if tree.within(load, found.scope)]
    calls = [call for load in here if isinstance(call := tree.parent(tree.parent(load) or load), cst.Call)]
    handler = next((call for call in calls if unit.names.function(call.func) is not None), None)
    if handler is None or any(arg.keyword is not None or arg.star for arg in handler.args):
        raise Refused("odd-loop", found.call, "the conversation is not one call of a function of this file")
    for load, call in zip(here, calls, strict=False):
        if call is handler:
            continue
        attribute, statement = tree.parent(load), tree.parent(call)
        closes = isinstance(attribute, cst.Attribute) and attribute.attr.value == "close" and isinstance(statement, cst.Expr)
        if not closes or statement is None or tree.line(call) < tree.line(handler):
            raise Refused("odd-loop", load, "the loop itself does something with the connection")
        unit.consumed.update({id(load), id(call)})
        unit.edits.remove(statement)
    between = [above for above in tree.ancestors(handler) if tree.within(above, found.scope) and above is not found.scope]
    if len(calls) != len(here) or any(isinstance(above, cst.Try | cst.With) for above in between):
        raise Refused(
            "odd-loop", found.call, "what the handler raises is caught in the loop, or the loop does more with the connection"
        )
    if not isinstance(tree.parent(handler), cst.Expr):
        raise Refused("odd-loop", handler, "what the handler returns is used")
    return handler
