"""`process_message` of smtpd as `handle_DATA` of aiosmtpd: the same values under the same names, and a status in the end."""

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert_method"]

GIVEN = ("server", "session", "envelope")
VALUES = (
    "session.peer",
    "envelope.mail_from",
    "envelope.rcpt_tos",
    r'envelope.content.replace(b"\r\n", b"\n").removesuffix(b"\n")',  # lines of smtpd end in LF, the last in nothing
)
OK = '"250 OK"'


def convert_method(unit: Unit, method: cst.FunctionDef) -> None:
    """Let `process_message(self, peer, mailfrom, rcpttos, data, ...)` be `handle_DATA`. Raises Refused."""
    params = method.params.params
    wanted = {node.value for node in unit.tree.all(cst.Name) if unit.tree.within(node, method)} & {*GIVEN}
    if len(params) < 5 or method.decorators or method.asynchronous is not None or method.params.kwonly_params:
        raise Refused("framework-part", method, f"what `{method.name.value}` takes cannot be told")
    if wanted:
        raise Refused("shared-code", method, f"the name `{wanted.pop()}` is needed for something else")
    for kind in (cst.Yield, cst.Global, cst.Nonlocal):
        if any(unit.tree.function(node) is method for node in unit.tree.all(kind)) and kind is cst.Yield:
            raise Refused("cannot-become-async", method, f"`{method.name.value}` is a generator")
    more = [*params[5:], *([method.params.star_kwarg] if method.params.star_kwarg is not None else [])]
    for param in more:
        if _used(unit, param):
            raise Refused("framework-part", param, f"`{param.name.value}`, the options of a message, has no counterpart")
    lines = [f"{param.name.value} = {value}" for param, value in zip(params[1:5], VALUES, strict=True) if _used(unit, param)]
    for node in unit.tree.all(cst.Return):
        if unit.tree.function(node) is method:
            _status(unit, node)
    ends = _ends(method)

    def edit(updated: cst.FunctionDef) -> cst.FunctionDef:
        given = [updated.params.params[0], *(cst.Param(cst.Name(name)) for name in GIVEN)]
        first, *rest = updated.body.body if _has_docstring(method) else [None, *updated.body.body]
        body = [*([first] if first is not None else []), *(cst.parse_statement(line) for line in lines), *rest]
        body += [] if ends else [cst.parse_statement(f"return {OK}")]
        given = [param.with_changes(comma=cst.MaybeSentinel.DEFAULT) for param in given]
        return updated.with_changes(
            name=cst.Name("handle_DATA"),
            asynchronous=cst.Asynchronous(),
            params=cst.Parameters(given),
            body=updated.body.with_changes(body=body),
        )

    unit.edits.edit(method, "handle_DATA", edit)
    unit.note(method, "`process_message` is `handle_DATA`: it says a status, and its text has the line ends that smtpd gave it")


def _used(unit: Unit, param: cst.Param) -> bool:
    variable = unit.names.variable(param.name)
    return variable is not None and bool(unit.names.loads[variable])


def _status(unit: Unit, node: cst.Return) -> None:
    """A return of nothing is one of success; of what may be nothing, too."""
    value = node.value
    if value is None or unit.tree.code(value) in {"None", "''", '""'}:
        new = cst.parse_statement(f"return {OK}")
        assert isinstance(new, cst.SimpleStatementLine)
        unit.edits.replace(node, new.body[0])
    elif not _says_something(value):
        parts = (cst.IfExp, cst.Lambda, cst.NamedExpr)

        def edit(updated: cst.Return) -> cst.Return:
            left = updated.value
            assert left is not None
            if isinstance(left, parts) and not left.lpar:
                left = left.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            return updated.with_changes(value=cst.BooleanOperation(left, cst.Or(), cst.parse_expression(OK)))

        unit.edits.edit(node, "status", edit)


def _says_something(value: cst.BaseExpression) -> bool:
    """Whether an expression is text that cannot be empty."""
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Modulo | cst.Add):
        return _says_something(value.left)
    if isinstance(value, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) for part in value.parts)
    return isinstance(value, cst.SimpleString) and bool(value.evaluated_value) and not value.raw_value.startswith("%")


def _ends(method: cst.FunctionDef) -> bool:
    last = method.body.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return | cst.Raise)


def _has_docstring(method: cst.FunctionDef) -> bool:
    return method.get_docstring() is not None
