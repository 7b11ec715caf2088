"""What is owed to a connection: a buffer that only survives partial writes is written whole, and is empty afterwards."""

from collections.abc import Sequence
from itertools import takewhile

import libcst as cst

from iomodels.migrate.rewrite.shapes._tools import code, contains, only

__all__ = ["any_interest", "emptied_by_all", "given_empty", "negated", "whole_writes"]


def whole_writes(
    statements: Sequence[cst.CSTNode], bytearrays: set[str], counted: set[str], told: set[str], measured: set[str]
) -> list[cst.CSTNode]:
    """`n = sock.send(buffer)` and then `del buffer[:n]`, or `buffer = buffer[n:]`: all of it is sent, and none is left.

    counted: the lines, as text, whose count is used for more than that. told: those that tell of it, and may stand between;
    measured: those that write, and whose count is told.
    """
    left: list[cst.CSTNode] = []
    index = 0
    while index < len(statements):
        sends, caught = _in_try(statements[index], told)
        between = list(takewhile(lambda line: code(line) in told, statements[index + 1 :]))
        cut = index + 1 + len(between)
        two = cut < len(statements) and code(sends) not in counted
        pair = _pair(sends, statements[cut], bytearrays) if two else None
        if pair and caught is not None:
            pair[0] = caught.with_changes(body=caught.body.with_changes(body=[*caught.body.body[:-1], pair[0]]))
        if pair:
            length = [_length(sends)] if code(sends) in measured else []
            pair[1:1] = [*length, *between]
        left += pair or [statements[index]]
        index = cut + 1 if pair else index + 1
    return left


def _length(sends: cst.CSTNode) -> cst.CSTNode:
    """`n = len(buffer)` for `n = sock.send(buffer)`, of which all is sent."""
    small = only(sends)
    assert isinstance(small, cst.Assign)
    assert isinstance(small.value, cst.Call)
    return cst.parse_statement(f"{code(small.targets[0].target)} = len({code(small.value.args[0].value)})")


def _in_try(statement: cst.CSTNode, told: set[str]) -> tuple[cst.CSTNode, cst.Try | None]:
    """A statement, or the one that a `try` has in it, after what tells of it, that leaves whenever it catches something; and
    the `try`.
    """
    if not isinstance(statement, cst.Try) or statement.orelse or statement.finalbody:
        return statement, None
    if any(code(line) not in told for line in statement.body.body[:-1]):
        return statement, None
    for handler in statement.handlers:
        if not isinstance(only(handler.body.body[-1]), cst.Return | cst.Continue | cst.Raise):
            return statement, None
    return statement.body.body[-1], statement


def _pair(first: cst.CSTNode, second: cst.CSTNode, bytearrays: set[str]) -> list[cst.CSTNode] | None:
    sends, cuts = only(first), only(second)
    if not (
        isinstance(sends, cst.Assign) and isinstance(sends.value, cst.Call) and isinstance(sends.value.func, cst.Attribute)
    ):
        return None
    if sends.value.func.attr.value != "send" or len(sends.value.args) != 1:
        return None
    count, buffer = code(sends.targets[0].target), code(sends.value.args[0].value)
    if code(second) not in {f"del {buffer}[:{count}]", f"{buffer} = {buffer}[{count}:]"}:
        return None
    mutable = buffer.rpartition(".")[2].partition("[")[0] in bytearrays or isinstance(cuts, cst.Del)
    what = f"bytes({buffer})" if mutable else buffer
    lines = first.leading_lines  # type: ignore[attr-defined]
    clear = f"{buffer}.clear()" if mutable else f'{buffer} = b""'
    return [
        cst.parse_statement(f"{code(sends.value.func.value)}.sendall({what})").with_changes(leading_lines=lines),
        cst.parse_statement(clear),
    ]


def emptied(statement: cst.CSTNode) -> set[str]:
    """The buffers, as text, that are empty when a statement has ended."""
    if isinstance(statement, cst.If) and statement.orelse is None:
        return emptied_by_all(statement.body.body) & {code(statement.test)}
    if isinstance(statement, cst.Try) and isinstance(statement.body, cst.IndentedBlock) and statement.orelse is None:
        known = emptied_by_all(statement.body.body)
        for handler in statement.handlers:
            last = handler.body.body[-1]
            if not (isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return | cst.Raise)):
                known &= emptied_by_all(handler.body.body)
        return known
    small = only(statement)
    if isinstance(small, cst.Assign) and code(small.value) in {'b""', "b''"}:
        return {code(small.targets[0].target)}
    if isinstance(small, cst.Expr) and code(small).endswith(".clear()"):
        return {code(small).removesuffix(".clear()")}
    return set()


def emptied_by_all(statements: Sequence[cst.CSTNode]) -> set[str]:
    known: set[str] = set()
    for statement in statements:
        touched = {each for each in known if any(code(node) == each for node in contains(statement))}
        known = (known - touched) | emptied(statement)
    return known


def given_empty(test: cst.BaseExpression, known: set[str]) -> cst.BaseExpression | bool:
    """What is left of a test when some buffers are known to be empty."""
    match test:
        case cst.Comparison(left=cst.Call(func=cst.Name("len"), args=[argument])) if code(argument.value) in known:
            return not isinstance(test.comparisons[0].operator, cst.GreaterThan | cst.GreaterThanEqual)
        case cst.UnaryOperation(operator=cst.Not()):
            inner = given_empty(test.expression, known)
            return (not inner) if isinstance(inner, bool) else test
        case cst.BooleanOperation():
            decisive = isinstance(test.operator, cst.Or)
            left, right = given_empty(test.left, known), given_empty(test.right, known)
            if decisive in (left, right):
                return decisive
            if isinstance(left, bool):
                return right
            return left if isinstance(right, bool) else test.with_changes(left=left, right=right)
    return False if code(test) in known else test


def any_interest(node: cst.BaseExpression, known: set[str]) -> cst.BaseExpression | bool:
    """Whether an expression of events asks for any, as a condition, when some buffers are known to be empty."""
    if isinstance(node, cst.IfExp):
        test = given_empty(node.test, known)
        yes, no = any_interest(node.body, known), any_interest(node.orelse, known)
        if isinstance(test, bool):
            return yes if test else no
        if isinstance(yes, bool) and isinstance(no, bool):
            return yes if yes is no else (test if yes else negated(test))
    return code(node) != "0"


def negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """`not test`, without a double negation."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    needs = isinstance(test, cst.BooleanOperation | cst.IfExp) and not test.lpar
    inner = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if needs else test
    return cst.UnaryOperation(cst.Not(), inner)
