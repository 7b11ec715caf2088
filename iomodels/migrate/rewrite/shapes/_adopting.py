"""A connection that the program itself makes: `connect_to` takes the place of what made it, wherever that stood."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.attributes import hold
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.returning import receivers
from iomodels.migrate.rewrite.shapes._connect_texts import HELPERS
from iomodels.migrate.rewrite.shapes._connects import NO_LIMIT, Connect
from iomodels.migrate.rewrite.shapes._guarded import first_of, guarded, next_of, only_closes
from iomodels.migrate.rewrite.shapes._options import put_behind
from iomodels.migrate.rewrite.shapes._unconnected import Failing
from iomodels.migrate.rewrite.timeouts import constant, tell
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.withs import enter_async

__all__ = ["adopt", "check_limits"]


def adopt(unit: Unit, found: Sequence[Connect]) -> None:
    """Convert the connecting, and make what it gives known as connections, to be followed. Raises Refused."""
    for call in unit.tree.all(cst.Call):
        if found and unit.names.qualified(call.func) == "socket.setdefaulttimeout":
            raise Refused("time-limit", call, "every socket has a time limit")
    for connect in found:
        _adopt(unit, connect)
    limits = {connect.later or connect.seconds for connect in found}
    if len(limits) > 1:
        raise Refused("time-limit", found[-1].call, "connections have different time limits")
    limit = limits.pop() if limits else ""
    if limit not in {"", NO_LIMIT}:
        _limit(unit, found[0], limit)


def _adopt(unit: Unit, found: Connect) -> None:
    given_back = unit.tree.parent(found.call)
    if isinstance(given_back, cst.Return):
        held = receivers(unit, given_back)
    else:
        variable = unit.names.variable(found.seed)
        assert variable is not None
        held = [variable]
    for each in held:
        hold(unit, each)
    unit.edits.need(HELPERS[unit.table.library])
    if found.family:
        unit.edits.imports.add("socket")
    for call in found.gone:
        unit.edits.remove(unit.tree.parent(call))  # type: ignore[arg-type]
    for gone in (*found.gone, found.call):
        unit.consumed.add(id(gone))
        if isinstance(gone.func, cst.Attribute):
            unit.consumed.add(id(gone.func.value))
    unit.consumed.add(id(found.seed))
    if found.made is not None:
        unit.consumed.add(id(found.made))
    unit.wait(found.call)
    unit.quiet.add(id(found.call))
    _place(unit, found)
    put_behind(unit, found)
    tried = "as before: one address after the other"
    if found.made is not None:
        tried = "where a name has several addresses, all are tried; `connect` tried the first alone"
    unit.note(found.call, f"connects on {unit.table.library.value}, {tried}")


def _place(unit: Unit, found: Connect) -> None:
    tree = unit.tree
    making = found.made or found.call
    statement, connecting = tree.statement(making), tree.statement(found.call)
    if found.item is not None:
        if found.made is not None and first_of(unit, statement, found) is not connecting:
            raise Refused("connection-escapes", found.call, "something is done between the making of the socket and this")
        if found.made is not None:
            unit.edits.remove(tree.parent(found.call))  # type: ignore[arg-type]
        _with(unit, found, found.item)
        if found.made is not None:
            Failing(unit, found).check()
        return
    if found.made is None:
        _assign(unit, found, tree.parent(found.call))
        return
    block, around = tree.parent(statement), tree.parent(connecting)
    guard = tree.parent(around) if around is not None else None
    guard = guard if isinstance(guard, cst.Try) and guard.body is around else None
    made = found.made
    if around is not block and (guard is None or tree.parent(guard) is not block):
        raise Refused("connection-escapes", found.call, _apart(unit, made, found.call))
    if guard is None:
        Failing(unit, found).check()
    elif (
        around is not block
        and not guard.handlers
        and guard.finalbody is not None
        and only_closes(unit, found, guard.finalbody.body)
        and first_of(unit, guard, found) is connecting
        and next_of(unit, block, statement, found) is guard
    ):
        Failing(unit, found).check(guard)
        _assign(unit, found, tree.parent(found.made))
        unit.edits.remove(tree.parent(found.call))  # type: ignore[arg-type]
        return
    elif guarded(unit, found, guard, connecting):
        _assign(unit, found, tree.parent(found.call))
        return
    unit.edits.remove(tree.parent(found.made))  # type: ignore[arg-type]
    _assign(unit, found, tree.parent(found.call))


def _apart(unit: Unit, made: cst.Call, call: cst.Call) -> str:
    """Why a socket that is made and connected in two places is left alone."""
    for above in unit.tree.ancestors(call):
        if isinstance(above, cst.While | cst.For) and not unit.tree.within(made, above):
            return (
                "one socket is connected again and again; what it is after it has failed, no standard says: make it in the loop"
            )
    return "the socket is made, and connected, in places too far apart"


def _assign(unit: Unit, found: Connect, statement: cst.CSTNode | None) -> None:
    """Let a statement become the one that stores the connection. Its own comments stay."""
    assert statement is not None

    def edit(_: cst.CSTNode) -> cst.CSTNode:
        ends = unit.ends_of(found.seed)
        begun = f"{', '.join(ends.both)} =" if ends is not None else "return"
        line = cst.parse_statement(f"{begun} await connect_to({found.arguments})")
        assert isinstance(line, cst.SimpleStatementLine)
        return line.body[0]

    unit.edits.edit(statement, "connect", edit)


def _with(unit: Unit, found: Connect, item: cst.WithItem) -> None:
    with_ = unit.tree.parent(item)
    assert isinstance(with_, cst.With)
    if not unit.table.pair:
        value = cst.parse_expression(f"await connect_to({found.arguments})")
        unit.edits.edit(item, "connect", lambda updated: updated.with_changes(item=value))
        enter_async(unit, item)
        return
    if len(with_.items) > 1:
        raise Refused("connection-escapes", item, "the `with` has other items")
    unit.edits.imports.add("contextlib")

    def edit(updated: cst.With) -> object:
        ends = unit.ends_of(found.seed)
        assert ends is not None
        line = cst.parse_statement(f"{', '.join(ends.both)} = await connect_to({found.arguments})")
        closing = cst.WithItem(cst.parse_expression(f"contextlib.closing({ends.writer})"))
        first = line.with_changes(leading_lines=updated.leading_lines)
        return cst.FlattenSentinel([first, updated.with_changes(items=[closing], leading_lines=())])

    unit.edits.edit(with_, "connect", edit)


def _limit(unit: Unit, found: Connect, seconds: str) -> None:
    """Let a limit hold for each call. Raises Refused where it is not one number in all places."""
    places = [arg.value for call in found.gone for arg in call.args] + [arg.value for arg in found.call.args]
    value = next((each for each in places if unit.tree.code(each) == seconds), None)
    if value is None or not (constant(unit, value) or _of_class(unit, value)):
        raise Refused("time-limit", found.call, "the limit is not one number for all calls of the conversation")
    unit.seconds = seconds
    tell(unit, found.call, "the time limit")


def _of_class(unit: Unit, value: cst.BaseExpression) -> bool:
    """Whether it is a number that the class gives, and nobody sets: `self.timeout`."""
    variable, method = unit.names.variable(value), unit.tree.method(value)
    owner = unit.tree.class_of(method) if method is not None else None
    if variable is None or owner is None or not variable.attribute or unit.names.stores[variable]:
        return False
    given = []
    for statement in owner.body.body:
        assign = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(assign, cst.Assign) and unit.tree.code(assign.targets[0].target) == variable.name:
            given.append(assign.value)
    return len(given) == 1 and constant(unit, given[0])


def check_limits(unit: Unit, found: Sequence[Connect]) -> None:
    """Raise Refused when a limit is set elsewhere too, or is used where its name means something else."""
    if not found:
        return
    for call, method, _ in unit.calls:
        if method == "settimeout" and id(call) not in unit.consumed:
            raise Refused("time-limit", call, "the limit is changed in another place")
        if unit.seconds.startswith("self.") and method in {"recv", "send", "sendall"}:
            home = unit.tree.method(found[0].call)
            other = unit.tree.method(call)
            if home is None or other is None or unit.tree.class_of(home) is not unit.tree.class_of(other):
                raise Refused("time-limit", call, f"`{unit.seconds}` is not known here")
