"""What is done with a connection, call by call: each method of a socket has its counterpart, or is refused."""

import libcst as cst

from iomodels.migrate.rewrite import timeouts
from iomodels.migrate.rewrite.ending import ends_with_input
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Op
from iomodels.migrate.rewrite.unit import Ends, Unit
from iomodels.migrate.rewrite.withs import enter_async

__all__ = ["convert", "convert_with", "put"]

RAW = frozenset({"setsockopt", "getsockopt", "getpeername", "getsockname", "fileno"})  # they never wait
BOTH_WAYS = {"socket.SHUT_RDWR", "2"}
ONE_WAY = {"socket.SHUT_WR", "1"}


def convert(unit: Unit, call: cst.Call, method: str, node: cst.BaseExpression) -> None:
    """Let `node.method(...)` become what the library has for it. Raises Refused."""
    ends = unit.ends_of(node)
    assert ends is not None
    table, seconds = unit.table, unit.seconds
    arguments = [unit.tree.code(arg.value) for arg in call.args]
    plain = all(arg.keyword is None and not arg.star for arg in call.args)
    match method, len(call.args):
        case "recv", 1 if plain:
            put(unit, call, _receive(unit, call), ends, seconds)
        case "sendall" | "send", 1 if plain:
            statement = isinstance(unit.tree.parent(call), cst.Expr)
            if method == "sendall" and (unit.table.pair or seconds) and not _none_is_dropped(unit, call):
                raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` is used for its value, None")
            whole = table.send_within if seconds else table.send if statement or method == "sendall" else table.send_count
            put(unit, call, whole, ends, seconds)
            if method == "send":
                unit.note(call, "`send` may have sent a part; now all of it goes")
        case "close", 0:
            put(unit, call, table.close, ends)
        case "shutdown", 1 if plain:
            _shutdown(unit, call, ends, node)
        case "settimeout", 1:  # what it limits has been decided before
            _drop(unit, call)
        case "setblocking", 1 if arguments[0] in {"True", "1"}:
            _drop(unit, call)
        case _ if method in RAW:
            unit.edits.replace(node, cst.parse_expression(_quoted(unit, node, unit.use(table.raw, ends))))
        case _:
            raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` has no counterpart")


def _receive(unit: Unit, call: cst.Call) -> Op:
    table = unit.table
    if unit.seconds:
        return table.receive_within
    if not timeouts.constant(unit, call.args[0].value):
        return table.receive_so_many
    return table.receive if ends_with_input(unit, call) else table.receive_on


def _none_is_dropped(unit: Unit, call: cst.Call) -> bool:
    """Whether nobody looks at what a call gives: a statement, or what a function returns whose calls are statements."""
    parent, function = unit.tree.parent(call), unit.tree.function(call)
    if not isinstance(parent, cst.Return) or function is None:
        return isinstance(parent, cst.Expr)
    calls = [each for each in unit.tree.all(cst.Call) if unit.names.function(each.func) is function]
    return all(isinstance(unit.tree.parent(each), cst.Expr) for each in calls)


def _quoted(unit: Unit, node: cst.CSTNode, text: str) -> str:
    """A text with the other quotes, where it stands in an f-string that has its own: until Python 3.12 they must differ."""
    within = (above for above in unit.tree.ancestors(node) if isinstance(above, cst.FormattedString))
    return text.replace('"', "'") if any('"' in above.start for above in within) else text


def put(unit: Unit, call: cst.Call, op: Op, ends: Ends | None, *more: str) -> None:
    """Put an operation in the place of a call, whose arguments it takes over, followed by `more`."""
    unit.edits.keep_comments(call, *(arg.value for arg in call.args))
    statement = unit.tree.parent(call)
    line = unit.tree.parent(statement) if isinstance(statement, cst.Expr) else None
    if op.before and isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
        _put_lines(unit, line, call, op, ends, *more)
        return
    if op.before and op.value is not None:
        op = op.value

    def edit(updated: cst.Call) -> cst.BaseExpression:
        texts = [unit.tree.module.code_for_node(arg.value) for arg in updated.args]
        text = unit.use(op, ends, *texts, *more)
        return unit.awaited(call, text) if op.waits else cst.parse_expression(text)

    if op.waits:
        unit.wait(call)
    unit.edits.edit(call, "put", edit)
    unit.use(
        op, ends, *(unit.tree.code(arg.value) for arg in call.args), *more
    )  # what it needs is known before the edits are made


def _put_lines(unit: Unit, line: cst.SimpleStatementLine, call: cst.Call, op: Op, ends: Ends | None, *more: str) -> None:
    def edit(updated: cst.SimpleStatementLine) -> object:
        statement = updated.body[0]
        assert isinstance(statement, cst.Expr)
        assert isinstance(statement.value, cst.Call)
        texts = [unit.tree.module.code_for_node(arg.value) for arg in statement.value.args]
        names = {"reader": ends.reader, "writer": ends.writer} if ends is not None else {}
        lines = [cst.parse_statement(before.format(*texts, *more, **names)) for before in op.before]
        last = cst.parse_statement(("await " if op.waits else "") + unit.use(op, ends, *texts, *more))
        first = lines[0].with_changes(leading_lines=updated.leading_lines, trailing_whitespace=updated.trailing_whitespace)
        return cst.FlattenSentinel([first, *lines[1:], last])

    unit.wait(call)
    unit.edits.edit(line, "put", edit)


def _drop(unit: Unit, call: cst.Call) -> None:
    statement = unit.tree.parent(call)
    if not isinstance(statement, cst.Expr):
        raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` has no counterpart")
    unit.edits.remove(statement)


def _shutdown(unit: Unit, call: cst.Call, ends: Ends, node: cst.BaseExpression) -> None:
    how = unit.names.qualified(call.args[0].value) or unit.tree.code(call.args[0].value)
    if how in BOTH_WAYS and not _closed_after(unit, call, node):
        raise Refused("connection-escapes", call, "both ways are shut, and the connection is not closed after it")
    if how not in BOTH_WAYS | ONE_WAY:
        raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` has no counterpart")

    def edit(_: cst.Call) -> cst.BaseExpression:
        text = unit.use(unit.table.send_eof, ends)
        return unit.awaited(call, text) if unit.table.send_eof.waits else cst.parse_expression(text)

    if unit.table.send_eof.waits:
        unit.wait(call)
    unit.edits.edit(call, "put", edit)


def _closed_after(unit: Unit, call: cst.Call, node: cst.BaseExpression) -> bool:
    """Whether nothing but `close` is called on the connection in the lines of the function that follow."""
    variable, function = unit.names.variable(node), unit.tree.function(call)
    assert variable is not None
    later = [
        parent.attr.value
        for load in unit.names.loads[variable]
        if unit.tree.function(load) is function and unit.tree.line(load) > unit.tree.line(call)
        if isinstance(parent := unit.tree.parent(load), cst.Attribute)
    ]
    return bool(later) and set(later) == {"close"}


def convert_with(unit: Unit, item: cst.WithItem, node: cst.BaseExpression) -> None:
    """Let `with connection:`, or `with closing(connection):`, close it as before."""
    op = unit.table.with_
    ends = unit.ends_of(node)
    assert ends is not None
    text = unit.use(op, ends)
    name = item.asname.name if item.asname is not None else None
    if name is not None:
        variable = unit.names.variable(name)
        if variable is None or variable in unit.ends:
            raise Refused("connection-escapes", node, "`as` gives the connection a name that holds others")
        source = unit.names.variable(node)
        assert source is not None
        unit.ends[variable] = unit.ends[source]
    expression = cst.parse_expression(text)
    keep = None if unit.table.pair else item.asname
    unit.edits.edit(item, "with", lambda updated: updated.with_changes(item=expression, asname=keep))
    if op.waits:
        enter_async(unit, item)
