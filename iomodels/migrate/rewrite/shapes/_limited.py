"""`timeout` of a StreamRequestHandler: it limits each receive and each send, those of its files too."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import assigned, drop, inherits, super_call
from iomodels.migrate.rewrite.timeouts import constant, tell
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["limit"]

STREAMS = {"socketserver.StreamRequestHandler"}
OTHERS = {"settimeout", "setdefaulttimeout", "setblocking"}


def limit(unit: Unit, owners: Sequence[cst.ClassDef], roots: Sequence[cst.ClassDef], setups: Sequence[cst.FunctionDef]) -> str:
    """The one limit of all handlers, as an expression; "" for none. Raises Refused."""
    tree, names = unit.tree, unit.names
    streams = [owner for owner in owners if inherits(names, owner, STREAMS)]
    told = {id(owner): assigned(owner)["timeout"] for owner in streams if "timeout" in assigned(owner)}
    asked = [load for root in roots for load in names.loads.get(Variable(id(root), "timeout", attribute=True), [])]
    if not told:
        if streams and asked:
            raise Refused("framework-part", asked[0], f"`{tree.code(asked[0])}` is the framework's")
        return ""
    statement, value = next(iter(told.values()))
    if all(tree.code(each.value) == "None" for each in told.values()) and not asked:
        for owner in streams:
            if id(owner) in told:
                drop(unit, owner, told[id(owner)].statement)
        return ""
    if len(told) > 1 or list(roots) != [owner for owner in streams if id(owner) in told]:
        raise Refused("time-limit", statement, f"`{tree.code(statement)}` is not the limit of all handlers")
    if not constant(unit, value) or _shadowed(unit, value):
        raise Refused("time-limit", statement, f"`{tree.code(value)}` is no number above 0, and no name of one")
    for node in tree.all(cst.Attribute):
        if node.attr.value in OTHERS:
            raise Refused("time-limit", node, f"`{tree.code(node)}` may change the limit of the handler")
    for setup in setups:
        if not _begins(unit, setup):
            raise Refused("time-limit", setup, "`setup` does not begin with that of its base, which sets the time limit")
    if not asked:
        drop(unit, roots[0], statement)
    unit.seconds = tree.code(value)
    tell(unit, statement, "`timeout`")
    unit.note(statement, 'what a receive or a send raises that takes longer is not "timed out": it has another text')
    return unit.seconds


def _shadowed(unit: Unit, value: cst.BaseExpression) -> bool:
    """Whether a name, which will stand in functions, is another variable's as well."""
    inside = [each.value for each in unit.tree.all(cst.Name) if unit.tree.within(each, value)]
    return any(variable.name in inside for variable in unit.names.stores if variable != unit.names.variable(value))


def _begins(unit: Unit, setup: cst.FunctionDef) -> bool:
    """Whether a `setup` calls its base's first, before anything can wait."""
    for line in setup.body.body:
        match line:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
                continue
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call)]):
                return super_call(unit, call)
        break
    return False
