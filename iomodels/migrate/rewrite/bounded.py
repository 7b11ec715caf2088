"""A `select` on one connection and the receive behind it: a receive with a time limit, which gives None when nothing came.

    readable, _, _ = select.select([client], [], [], 5)       readable = await receive_or_none(5, client, 4096)
    if not readable:                                          if readable is None:
        return                                                    return
    data = client.recv(4096)                                  data = readable

What is ready is input or its end, and the receive takes that at once; a line earlier is the same where nothing is done in
between but what leaves when nothing came. Any other form is refused.
"""

from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite import timeouts
from iomodels.migrate.rewrite.leaving import last_of
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["receive_behind"]

RULE = "IOM109"
OTHERWISE = "`select` on it has no limit in seconds, or what follows is not `if not ready:`, which leaves, and then a receive"


@dataclass(frozen=True)
class Bounded:
    """What belongs to a `select`. name: of what is ready. assign: where it gets that name, or None: it is asked at once.
    test: whether nothing is."""

    name: str
    assign: cst.Assign | None
    test: cst.UnaryOperation
    receive: cst.Call


def receive_behind(unit: Unit, element: cst.Element, node: cst.BaseExpression) -> bool:
    """Convert the `select` in whose list the connection `node` stands, if it stands in one. Raises Refused."""
    call = _select(unit, element)
    if call is None:
        return False
    found = _bounded(unit, call, node)
    if found is None:
        raise Refused("connection-escapes", node, OTHERWISE)
    size, seconds = unit.tree.code(found.receive.args[0].value), unit.tree.code(call.args[3].value)

    def received() -> cst.BaseExpression:
        ends = unit.ends_of(node)
        return cst.parse_expression(f"await {unit.use(unit.table.receive_or_none, ends, size, seconds)}")

    def tested(_: cst.UnaryOperation) -> cst.BaseExpression:
        name: cst.BaseExpression = cst.Name(found.name)
        if found.assign is None:
            name = cst.NamedExpr(cst.Name(found.name), received(), lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return cst.Comparison(name, [cst.ComparisonTarget(cst.Is(), cst.Name("None"))])

    received()  # what it needs is known before the edits are made
    unit.wait(call)
    unit.consumed |= {id(call), id(found.receive)}
    unit.edits.keep_comments(call)
    if found.assign is not None:
        target = cst.AssignTarget(cst.Name(found.name))
        unit.edits.edit(found.assign, "bounded", lambda updated: updated.with_changes(targets=[target], value=received()))
    unit.edits.edit(found.test, "bounded", tested)
    unit.edits.replace(found.receive, cst.Name(found.name))
    unit.edits.note(call, RULE, "a wait for one connection: the receive behind it has its time limit")
    return True


def _select(unit: Unit, element: cst.Element) -> cst.Call | None:
    """The call of `select.select` that waits until something can be read from an element, and from nothing else."""
    listed = unit.tree.parent(element)
    argument = unit.tree.parent(listed) if isinstance(listed, cst.List | cst.Tuple) and len(listed.elements) == 1 else None
    call = unit.tree.parent(argument) if isinstance(argument, cst.Arg) else None
    if isinstance(call, cst.Call) and unit.names.qualified(call.func) == "select.select" and call.args[0] is argument:
        return call
    return None


def _bounded(unit: Unit, call: cst.Call, node: cst.BaseExpression) -> Bounded | None:
    if len(call.args) != 4 or not _nothing(call.args[1]) or not _nothing(call.args[2]):
        return None
    if not timeouts.constant(unit, call.args[3].value):
        return None
    statement = unit.tree.statement(call)
    assigned = _assigned(unit, call) if isinstance(statement, cst.SimpleStatementLine) else None
    question = statement if assigned is None else next(iter(unit.tree.behind(statement)), None)
    if not (isinstance(question, cst.If) and question.orelse is None and isinstance(question.test, cst.UnaryOperation)):
        return None
    asked = assigned[1] if assigned is not None else _first(unit, call)
    receive = _receive(unit, next(iter(unit.tree.behind(question)), None), node)
    if receive is None or not _leaves(question.body) or not _asks(unit, question.test, asked):
        return None
    if assigned is None:
        return Bounded(_free_name(unit), None, question.test, receive)
    return Bounded(assigned[1].value, assigned[0], question.test, receive)


def _nothing(argument: cst.Arg) -> bool:
    return isinstance(argument.value, cst.List | cst.Tuple) and not argument.value.elements


def _first(unit: Unit, call: cst.Call) -> cst.Subscript | None:
    """`[0]` of what a call gives."""
    parent = unit.tree.parent(call)
    return parent if isinstance(parent, cst.Subscript) and unit.tree.code(parent).endswith(")[0]") else None


def _assigned(unit: Unit, call: cst.Call) -> tuple[cst.Assign, cst.Name] | None:
    """The assignment, and the name, of what can be read; nobody asks for what can be written."""
    value: cst.CSTNode = _first(unit, call) or call
    assign = unit.tree.parent(value)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    target = assign.targets[0].target
    if value is not call:
        return (assign, target) if isinstance(target, cst.Name) else None
    names = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else []
    if len(names) != 3 or any(_loads(unit, name) for name in names[1:]):
        return None
    return (assign, names[0]) if isinstance(names[0], cst.Name) else None


def _loads(unit: Unit, name: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Where a name is read."""
    variable = unit.names.variable(name)
    return unit.names.loads[variable] if variable is not None else [name]


def _asks(unit: Unit, test: cst.UnaryOperation, asked: cst.BaseExpression | None) -> bool:
    """Whether a test is `not` of what is ready, which nobody else looks at."""
    if not isinstance(test.operator, cst.Not):
        return False
    return _loads(unit, asked) == [test.expression] if isinstance(asked, cst.Name) else test.expression is asked


def _leaves(body: cst.BaseSuite) -> bool:
    """Whether a block ends with a statement behind which nothing is reached."""
    return isinstance(last_of(body), cst.Return | cst.Raise | cst.Continue | cst.Break)


def _receive(unit: Unit, line: cst.CSTNode | None, node: cst.BaseExpression) -> cst.Call | None:
    """The receive from the same connection that a line is made of: `data = client.recv(4096)`, or a `return` of it."""
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    statement = line.body[0]
    if not isinstance(statement, cst.Assign | cst.AugAssign | cst.Return) or not isinstance(statement.value, cst.Call):
        return None
    call = statement.value
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "recv" or len(call.args) != 1:
        return None
    variable = unit.names.variable(node)
    same = variable is not None and unit.names.variable(call.func.value) == variable
    plain = call.args[0].keyword is None and not call.args[0].star and timeouts.constant(unit, call.args[0].value)
    return call if same and plain else None


def _free_name(unit: Unit) -> str:
    taken = {name.value for name in unit.tree.all(cst.Name)}
    return next(name for number in range(len(taken) + 1) if (name := f"came{number or ''}") not in taken)
