"""A loop that receives datagrams: it stays a loop, one datagram after the other, and waits on the library."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._connects import connects
from iomodels.migrate.rewrite.shapes._datagram_socket import uses_of
from iomodels.migrate.rewrite.shapes._library import check_library
from iomodels.migrate.rewrite.shapes._program import callers
from iomodels.migrate.rewrite.shapes._udp_texts import RECEIVE, RECEIVE_WITHIN, SEND
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.waits import made_by

__all__ = ["SHAPE"]

DEPTH = 3  # functions between a loop and its `recvfrom`


@dataclass(frozen=True)
class _Received:
    """A `recvfrom`, and the socket's variable where it is made."""

    call: cst.Call
    variable: Variable
    loop: cst.While


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    seen: set[Variable] = set()
    for call in tree.all(cst.Call):
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "recvfrom":
            continue
        variable = _socket(tree, names, call.func.value)
        if variable is None or variable in seen:
            continue
        seen.add(variable)
        loop = _loop(tree, names, call)
        if loop is None:
            yield Refused("odd-loop", call, "`recvfrom` stands in no `while` loop, nor does the one call of its function")
        else:
            yield Plan(call, partial(_make, found=_Received(call, variable, loop)))


def _socket(tree: Tree, names: Names, node: cst.BaseExpression) -> Variable | None:
    """The variable of a socket of datagrams that is made in this file, for a use of it under whatever name."""
    if made_by(tree, names, node) == "socket.socket":
        variable = names.variable(node)
        made = [value for value in names.values(variable) if isinstance(value, cst.Call)]
        words = [names.qualified(arg.value) for call in made for arg in call.args]
        return variable if len(made) == 1 and "socket.SOCK_DGRAM" in words and "socket.AF_UNIX" not in words else None
    variable = names.variable(node)
    stores = names.stores[variable] if variable is not None else []
    function = stores[0].function if len(stores) == 1 else None
    if function is None:
        return None
    found = set()
    for call in tree.all(cst.Call):
        if names.function(call.func) is function:
            place = next(index for index, param in enumerate(function.params.params) if param.name.value == variable.name)  # type: ignore[union-attr]
            place -= 1 if isinstance(call.func, cst.Attribute) else 0
            found.add(_socket(tree, names, call.args[place].value) if 0 <= place < len(call.args) else None)
    return found.pop() if len(found) == 1 else None


def _loop(tree: Tree, names: Names, call: cst.Call) -> cst.While | None:
    """The innermost loop round a call, or round the one call of the function that it stands in."""
    place = call
    for _ in range(DEPTH):
        function = tree.function(place)
        for above in tree.ancestors(place):
            if isinstance(above, cst.While) and tree.function(above) is function:
                return above
        calls = [each for each in tree.all(cst.Call) if function is not None and names.function(each.func) is function]
        if len(calls) != 1:
            return None
        place = calls[0]
    return None


def _make(unit: Unit, found: _Received) -> None:
    uses = uses_of(unit, found.variable)
    seconds = uses.seconds(unit)
    host = unit.tree.function(found.loop)
    coroutine = isinstance(host, cst.FunctionDef) and host.asynchronous is not None
    if isinstance(host, cst.FunctionDef) and coroutine:
        check_library(unit, found.call)
        unit.plain.append(host)
    else:
        _alone(unit, found)
        unit.region = found.loop
    before = [call for call in (*uses.sends, *uses.receives) if _before(unit, call, found.loop)]
    library = unit.table.library
    for call in uses.receives:
        if call not in before:
            _convert(unit, call, (RECEIVE_WITHIN if seconds else RECEIVE)[library], seconds)
    for call in uses.sends:
        if call not in before:
            _convert(unit, call, SEND[library], "")
    conclude(unit)
    if not coroutine:
        take_out(unit, found.loop, tasks=None)
    unit.note(found.call, f"datagrams one after the other, on {library.value}")


def _alone(unit: Unit, found: _Received) -> None:
    """Raise Refused where the loop runs within what another library call runs, or will run: it cannot run one itself there."""
    tree, names = unit.tree, unit.names
    who = callers(tree, names, [found.call, found.loop])
    if who.coroutines:
        raise Refused("called-from-elsewhere", found.loop, f"the coroutine function `{who.coroutines[0].name.value}` calls it")
    others = [each.call for each in connects(tree, names) if not isinstance(each, Refused)]
    others += [call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept"]
    others += [
        call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value == "recvfrom"
    ]
    for other in others:
        if not tree.within(other, found.loop) and callers(tree, names, [other]).touches(who) and other is not found.call:
            raise Refused("shared-code", other, "it runs in the same program as the loop, and would be moved with it")


def _before(unit: Unit, call: cst.Call, loop: cst.While) -> bool:
    """Whether a call is over when the loop begins: the socket still blocks then, and nothing changes."""
    function = unit.tree.function(call)
    if isinstance(function, cst.FunctionDef) and function.name.value == "__init__":
        return True
    if function is not unit.tree.function(loop) or unit.tree.within(call, loop):
        return False
    if unit.tree.line(call) > unit.tree.line(loop):
        raise Refused("odd-loop", call, "it is called after the loop, and would not wait any more")
    return True


def _convert(unit: Unit, call: cst.Call, helper: Helper, seconds: str) -> None:
    unit.edits.need(helper)
    unit.consumed.add(id(call))
    unit.wait(call)
    unit.quiet.add(id(call))

    def edit(updated: cst.Call) -> cst.BaseExpression:
        assert isinstance(updated.func, cst.Attribute)
        code = unit.tree.module.code_for_node
        plain = [code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in updated.args]
        arguments = [code(updated.func.value), *plain, *([seconds] if seconds else [])]
        return unit.awaited(call, f"{helper.name}({', '.join(arguments)})")

    unit.edits.edit(call, "datagram", edit)


SHAPE = Shape("IOM114", "udp-loop", _recognise)
