"""The listening socket of a loop: it stays as it is, so what else is done with it must not need it to block."""

import libcst as cst

from iomodels.migrate.rewrite.loop import Accepting
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.origin import is_tcp_socket
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.timeouts import constant
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["time_limit"]


def time_limit(unit: Unit, found: Accepting) -> str:
    """The seconds that `accept` waits at most, as an expression; "" for no limit. Raises Refused."""
    limits = []
    accepts, listeners = 0, _sources(unit, found.listener)
    for call in unit.tree.all(cst.Call):
        if unit.names.qualified(call.func) == "socket.setdefaulttimeout":
            raise Refused("time-limit", call, "every socket has a time limit")
        if not isinstance(call.func, cst.Attribute):
            continue
        same = unit.names.variable(call.func.value) == unit.names.variable(found.listener)
        if call.func.attr.value == "accept" and _sources(unit, call.func.value) & listeners:
            accepts += 1
        if call.func.attr.value in {"settimeout", "setblocking"} and unit.ends_of(call.func.value) is None:
            [text] = [unit.tree.code(arg.value) for arg in call.args] or [""]
            if text in {"None", "True", "1"} and (text == "None") == (call.func.attr.value == "settimeout"):
                continue  # it waits as long as it takes, as before
            if not same and not _may_be(unit, call.func.value, found.listener):
                continue
            if not same or call.func.attr.value == "setblocking":
                raise Refused("time-limit", call, f"`{unit.tree.code(call)}` may be meant for the listening socket")
            limits.append(call)
    if accepts > 1:
        raise Refused("odd-loop", found.call, "there is another `accept` on the same socket")
    if not limits:
        return ""
    if len(limits) > 1 or not constant(unit, limits[0].args[0].value):
        raise Refused("time-limit", limits[0], "the listening socket's limit is not one number")
    return unit.tree.code(limits[0].args[0].value)


def _sources(unit: Unit, node: cst.BaseExpression) -> set[Variable]:
    """The variable that a value is, and those that are passed for it when it is a parameter."""
    variable = unit.names.variable(node)
    found = {variable} if variable is not None else set()
    functions = [store.function for each in found for store in unit.names.stores[each] if store.function is not None]
    for call in unit.tree.all(cst.Call):
        if functions and unit.names.function(call.func) in functions:
            passed = {unit.names.variable(arg.value) for arg in call.args}
            found |= {each for each in passed if each is not None}
    return found


def _may_be(unit: Unit, node: cst.BaseExpression, listener: cst.BaseExpression) -> bool:
    """Whether a value may be the listening socket under another name."""
    if unit.names.variable(node) is None:
        return (
            isinstance(node, cst.Attribute) and isinstance(listener, cst.Attribute) and node.attr.value == listener.attr.value
        )
    try:
        return is_tcp_socket(unit.tree, unit.names, node)
    except Refused:
        return True
