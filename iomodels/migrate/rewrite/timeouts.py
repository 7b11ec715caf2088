"""`settimeout` on a connection: it limits each later call, so each call gets the limit; or it is refused."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["constant", "decide", "tell"]

WAITING = {"recv", "send", "sendall"}


def decide(unit: Unit, calls: Sequence[tuple[cst.Call, str, cst.BaseExpression]]) -> None:
    """Find the one limit of a unit's calls. Raises Refused."""
    limits = [call for call, method, _ in calls if method == "settimeout"]
    texts = {unit.tree.code(call.args[0].value) for call in limits if len(call.args) == 1}
    if not limits or texts == {"None"}:
        return
    first = limits[0]
    if len(limits) > 1 or not constant(unit, first.args[0].value):
        raise Refused("time-limit", first, "the limit is not one number for all calls of the conversation")
    waiting = [call for call, method, _ in calls if method in WAITING]
    function = unit.tree.function(first)
    before = any(unit.tree.function(call) is function and unit.tree.line(call) <= unit.tree.line(first) for call in waiting)
    in_loop = _in_loop(unit, first)
    entered = in_loop or (isinstance(function, cst.FunctionDef) and _begins(unit, function))
    used_in_loop = not in_loop and any(_in_loop(unit, call) for call in waiting)
    if before or not entered or used_in_loop or not _always(unit, first) or _used_by_another(unit, first, waiting):
        raise Refused("time-limit", first, "calls may come before it, which it does not limit")
    unit.seconds = texts.pop()
    tell(unit, first, "`settimeout`")


def tell(unit: Unit, node: cst.CSTNode, what: str) -> None:
    """Say what a time limit has become."""
    ends = "; a send that takes longer ends the connection" if unit.table.library is Target.ASYNCIO else ""
    unit.note(node, f"{what}: each receive and each send has {unit.seconds} seconds{ends}")


def _loops(unit: Unit) -> list[cst.CSTNode]:
    """The loops whose rounds have a connection each: the one that accepts, a worker's."""
    return [each for each in (unit.region, unit.rounds) if each is not None]


def _in_loop(unit: Unit, node: cst.CSTNode) -> bool:
    return any(unit.tree.within(node, loop) for loop in _loops(unit))


def _used_by_another(unit: Unit, limit: cst.Call, waiting: Sequence[cst.Call]) -> bool:
    """Whether a worker sets the limit of a connection that the loop which accepts has received from, or sent to, before."""
    if unit.rounds is None or unit.region is None or unit.tree.within(limit, unit.region):
        return False
    places = [unit.region, *called(unit.tree, unit.names, [unit.region])]
    return any(unit.tree.within(call, place) for call in waiting for place in places)


def _begins(unit: Unit, function: cst.FunctionDef) -> bool:
    """Whether a conversation begins with a function: a task runs it, the loop calls it, or it makes what serves it."""
    if function in unit.roots or function.name.value == "__init__":
        return True
    calls = [call for call in unit.tree.all(cst.Call) if unit.names.function(call.func) is function]
    return len(calls) == 1 and _in_loop(unit, calls[0])


def constant(unit: Unit, node: cst.BaseExpression) -> bool:
    """Whether an expression is a number, or a name of the module that is given one once."""
    if _number(node):
        return True
    variable = unit.names.variable(node)
    stores = unit.names.stores.get(variable, []) if variable is not None else []
    number = len(stores) == 1 and stores[0].value is not None and _number(stores[0].value)
    return number and isinstance(node, cst.Name) and unit.tree.function(stores[0].node) is None


def _number(node: cst.BaseExpression) -> bool:
    """Whether an expression is a number above 0, or a product of such."""
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.Multiply) and _number(node.left) and _number(node.right)
    return isinstance(node, cst.Integer | cst.Float) and node.evaluated_value > 0


def _always(unit: Unit, call: cst.Call) -> bool:
    """Whether a call is reached whenever its function, or the region's body, is: no condition and no loop round it."""
    for above in unit.tree.ancestors(call):
        if isinstance(above, cst.FunctionDef) or any(unit.tree.within(loop, above) for loop in _loops(unit)):
            return True
        if isinstance(above, cst.If | cst.Else | cst.For | cst.While | cst.ExceptHandler | cst.Finally | cst.IfExp):
            return False
    return True
