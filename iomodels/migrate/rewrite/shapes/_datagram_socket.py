"""A socket of datagrams, followed through a file: nothing may be done with it that a non-blocking socket does otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.parameters import parameter_of
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.timeouts import constant
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Uses", "uses_of"]

AT_ONCE = {"bind", "setsockopt", "getsockopt", "getsockname", "fileno", "close", "__enter__", "connect"}
GIVEN = {"contextlib.closing", "builtins.print", "builtins.len"}


@dataclass
class Uses:
    """What is done with it. receives, sends: the calls that wait. limits: the calls of settimeout."""

    receives: list[cst.Call] = field(default_factory=list)
    sends: list[cst.Call] = field(default_factory=list)
    limits: list[cst.Call] = field(default_factory=list)

    def seconds(self, unit: Unit) -> str:
        """The time limit of each receive, an expression; "" for none. Raises Refused."""
        limits = [call for call in self.limits if unit.tree.code(call.args[0].value) != "None"]
        if len(limits) > 1 or (limits and not constant(unit, limits[0].args[0].value)):
            raise Refused("time-limit", limits[0], "the limit is not one number for all datagrams")
        return unit.tree.code(limits[0].args[0].value) if limits else ""


def uses_of(unit: Unit, variable: Variable) -> Uses:
    """Every use of the socket that a variable holds, and of what it is called elsewhere. Raises Refused."""
    uses, known = Uses(), [variable]
    for node in unit.tree.all(cst.Attribute):
        if variable.attribute and node.attr.value == variable.name and unit.names.variable(node) is None:
            _from_outside(unit, node)
    for each in known:
        for load in unit.names.loads[each]:
            for other in _use(unit, load, uses):
                if other not in known:
                    known.append(other)
    return uses


def _from_outside(unit: Unit, node: cst.Attribute) -> None:
    """One place where it may be used under the name of its object."""
    attribute = unit.tree.parent(node)
    call = unit.tree.parent(attribute) if isinstance(attribute, cst.Attribute) else None
    plain = isinstance(attribute, cst.Attribute) and isinstance(call, cst.Call) and attribute.attr.value in AT_ONCE
    if not plain and not unit.names.qualified(node):
        raise Refused("connection-escapes", node, f"`{unit.tree.code(node)}` may be the socket")


def _use(unit: Unit, load: cst.BaseExpression, uses: Uses) -> Iterator[Variable]:
    tree, parent = unit.tree, unit.tree.parent(load)
    call = tree.parent(parent) if isinstance(parent, cst.Attribute) else None
    if isinstance(parent, cst.Attribute) and isinstance(call, cst.Call) and call.func is parent:
        _call(unit, call, parent.attr.value, uses)
        return
    if isinstance(parent, cst.WithItem):
        if parent.asname is not None and (again := unit.names.variable(parent.asname.name)) is not None:
            yield again
        return
    outer = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if isinstance(outer, cst.Call) and isinstance(parent, cst.Arg) and not parent.star:
        if unit.names.qualified(outer.func) in GIVEN:
            return
        place = next(index for index, each in enumerate(outer.args) if each is parent)
        yield parameter_of(unit, outer.func, place if parent.keyword is None else parent.keyword.value, load)
        return
    raise Refused("connection-escapes", load, f"`{tree.code(load)}` goes where it cannot be followed")


def _call(unit: Unit, call: cst.Call, method: str, uses: Uses) -> None:
    plain = all(arg.keyword is None and not arg.star for arg in call.args)
    if method == "recvfrom" and len(call.args) == 1 and plain:
        uses.receives.append(call)
    elif method == "sendto" and len(call.args) == 2 and plain:
        uses.sends.append(call)
    elif method == "settimeout" and len(call.args) == 1 and plain:
        uses.limits.append(call)
    elif method not in AT_ONCE:
        raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` has no counterpart")
