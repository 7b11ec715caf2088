"""A function that gives a connection: it gives both ends of it, and whoever calls it has names for them."""

import libcst as cst

from iomodels.migrate.rewrite.colour import overrides, references
from iomodels.migrate.rewrite.generators import is_generator
from iomodels.migrate.rewrite.leaving import last_of
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["check_givers", "receivers"]


def receivers(unit: Unit, statement: cst.Return) -> list[Variable]:
    """The variables that get what a `return` of a connection gives. Raises Refused where it goes elsewhere."""
    function = unit.tree.function(statement)
    assert isinstance(function, cst.FunctionDef)
    if function in unit.givers:
        return []
    unit.givers.append(function)
    if function.decorators or is_generator(unit, function) or len(overrides(unit.tree, unit.names, function)) > 1:
        name = function.name.value
        raise Refused(
            "connection-escapes", statement, f"`{name}` gives the connection, and is decorated, overridden or a generator"
        )
    found: list[Variable] = []
    calls = references(unit, function)
    if not calls:
        name = function.name.value
        raise Refused("connection-escapes", statement, f"`{name}` gives the connection, and nothing in this file calls it")
    for reference in calls:
        found += _receivers(unit, function, reference)
    return found


def _receivers(unit: Unit, function: cst.FunctionDef, reference: cst.BaseExpression) -> list[Variable]:
    tree, name = unit.tree, function.name.value
    call = tree.parent(reference)
    if not isinstance(call, cst.Call) or call.func is not reference:
        raise Refused("connection-escapes", reference, f"`{name}` gives the connection, and is used without being called")
    if tree.function(call) is None:
        raise Refused("called-from-elsewhere", call, f"`{name}` gives the connection to what is outside of all functions")
    parent = tree.parent(call)
    if isinstance(parent, cst.Return):
        return receivers(unit, parent)
    target = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
    variable = unit.names.variable(target) if target is not None else None
    if target is None or variable is None:
        raise Refused("connection-escapes", call, f"what becomes of the connection that `{name}` gives cannot be followed")
    unit.consumed.add(id(target))

    def both(_: cst.CSTNode) -> cst.BaseExpression:
        ends = unit.ends_of(target)
        assert ends is not None
        return cst.parse_expression(", ".join(ends.both))

    if unit.table.pair:
        unit.edits.edit(target, "both", both)
    return [variable]


def check_givers(unit: Unit) -> None:
    """See that functions which give a connection give nothing else, but None. Raises Refused."""
    for function in unit.givers:
        _say_what(unit, function)
        for each in unit.tree.all(cst.Return):
            if unit.tree.function(each) is function:
                _check(unit, function, each)
        if unit.table.pair and not _never_ends(unit, function.body):
            name = function.name.value
            raise Refused(
                "connection-escapes", function, f"`{name}` gives the connection, or None where it ends without `return`"
            )


def _check(unit: Unit, function: cst.FunctionDef, statement: cst.Return) -> None:
    value = statement.value
    if value is None or (isinstance(value, cst.Name) and value.value == "None"):
        if unit.table.pair:
            none = cst.parse_expression("None, None")
            space = cst.SimpleWhitespace(" ")
            unit.edits.edit(statement, "none", lambda updated: updated.with_changes(value=none, whitespace_after_return=space))
    elif not (unit.ends_of(value) is not None or id(value) in unit.consumed or _gives(unit, value)):
        raise Refused("connection-escapes", value, f"`{function.name.value}` gives the connection, and something else here")


def _gives(unit: Unit, value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Call) and unit.names.function(value.func) in unit.givers


def _say_what(unit: Unit, function: cst.FunctionDef) -> None:
    if function.returns is None:
        return
    if unit.names.qualified(function.returns.annotation) != "socket.socket":
        raise Refused("connection-escapes", function, f"what `{function.name.value}` says it gives has no counterpart")
    types = unit.table.types
    unit.edits.imports.update(unit.table.type_imports)
    new = f"tuple[{', '.join(types)}]" if len(types) > 1 else types[0]
    unit.edits.replace(function.returns.annotation, cst.parse_expression(new))


def _never_ends(unit: Unit, block: cst.BaseSuite) -> bool:
    """Whether the end of a block is never reached."""
    last = last_of(block)
    call = last.value if isinstance(last, cst.Expr) else None
    match last:
        case cst.While(test=cst.Name(value="True")) | cst.While(test=cst.Integer(value="1")):
            return not any(unit.tree.within(each, last) for each in unit.tree.all(cst.Break))
        case cst.If(orelse=cst.Else() as orelse):
            return _never_ends(unit, last.body) and _never_ends(unit, orelse.body)
        case cst.Try():
            ends = [last.body if last.orelse is None else last.orelse.body, *(each.body for each in last.handlers)]
            return all(_never_ends(unit, each) for each in ends)
        case cst.With():
            return False  # it may swallow what is raised in it
    return isinstance(last, cst.Return | cst.Raise) or (
        isinstance(call, cst.Call) and unit.names.qualified(call.func) == "sys.exit"
    )
