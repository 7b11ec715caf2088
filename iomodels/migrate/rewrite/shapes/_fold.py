"""What a dispatcher does for one kind of socket: its tests of events and of the listening socket are answered, and what is left is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import libcst as cst

from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Role", "flags", "fold"]

Verdict = bool | Literal["readable", "writable"] | None
READ = {"select.POLLIN", "select.EPOLLIN", "selectors.EVENT_READ", "select.POLLPRI", "select.EPOLLPRI"}
WRITE = {"select.POLLOUT", "select.EPOLLOUT", "selectors.EVENT_WRITE"}
WRITING = {"send", "modify", "unregister", "register", "close", "clear", "popleft", "remove", "discard", "debug", "info", "warning"}
FAILED = {f"select.{kind}{event}" for kind in ("POLL", "EPOLL") for event in ("ERR", "HUP", "NVAL", "RDHUP")}


@dataclass
class Role:
    """For whom a dispatcher is read: the listening socket, or a connection that has something to be read and takes whatever is sent.

    elements: what stands for the ready socket, as text; descriptors: those that are its number. masks: its events. readable, writable: select's lists. aliases: names in the dispatcher, and
    what they stand for. data: what `key.data` is. is_listener: whether an expression is the listening socket. reads: whether the read part has come.
    """

    tree: Tree
    names: Names
    listener: bool
    elements: set[str]
    is_listener: Callable[[cst.BaseExpression], bool]
    masks: set[str] = field(default_factory=set)
    readable: set[str] = field(default_factory=set)
    writable: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)
    descriptors: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    reads: bool = False


def flags(names: Names, node: cst.BaseExpression) -> set[str] | None:
    """The events that an expression is: "read", "write", "failed"; None when it is none."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        left, right = flags(names, node.left), flags(names, node.right)
        return left | right if left is not None and right is not None else None
    name = names.qualified(node)
    for kind, known in (("read", READ), ("write", WRITE), ("failed", FAILED)):
        if name in known:
            return {kind}
    if isinstance(node, cst.Name) and names.variable(node) is not None:
        value = value_of_only(names, node)
        return flags(names, value) if value is not None and value is not node else None
    return None


def fold(statements: Sequence[cst.CSTNode], role: Role) -> list[cst.CSTNode]:
    """The statements that are left for a role. Children keep their identity. Raises Refused."""
    left: list[cst.CSTNode] = []
    for statement in statements:
        if isinstance(statement, cst.If):
            left += _choose(statement, role)
        elif isinstance(statement, cst.SimpleStatementLine):
            if not _is_alias(statement, role):
                left.append(statement)
        elif isinstance(statement, cst.Try):
            left.append(_within(statement, role))
        else:
            left.append(statement)
        if left and _ends(left[-1]):
            break
    return left


def _ends(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[-1], cst.Continue | cst.Return | cst.Raise | cst.Break
    )


def _block(statement: cst.CSTNode, role: Role) -> list[cst.CSTNode]:
    body = statement.body  # type: ignore[attr-defined]
    if isinstance(body, cst.IndentedBlock):
        return fold(body.body, role)
    return fold([cst.SimpleStatementLine(body.body)], role)


def _as_block(statement: cst.CSTNode, role: Role) -> cst.IndentedBlock:
    body = _block(statement, role) or [cst.SimpleStatementLine([cst.Pass()])]
    block = statement.body  # type: ignore[attr-defined]
    return block.with_changes(body=body) if isinstance(block, cst.IndentedBlock) else cst.IndentedBlock(body)  # type: ignore[arg-type]


def _within(statement: cst.Try, role: Role) -> cst.Try:
    changes: dict[str, object] = {"body": _as_block(statement, role)}
    changes["handlers"] = [handler.with_changes(body=_as_block(handler, role)) for handler in statement.handlers]
    for part in ("orelse", "finalbody"):
        old = getattr(statement, part)
        changes[part] = old.with_changes(body=_as_block(old, role)) if old is not None else None
    return statement.with_changes(**changes)


def _is_alias(line: cst.SimpleStatementLine, role: Role) -> bool:
    """`sock = fd_map[fd]`, `sock = key.fileobj`, `session = key.data`: another name for what is known."""
    only = line.body[0]
    if len(line.body) != 1 or not isinstance(only, cst.Assign) or len(only.targets) != 1:
        return False
    target, value = only.targets[0].target, role.tree.module.code_for_node(only.value).strip()
    if not isinstance(target, cst.Name):
        return False
    if value in role.elements or value in role.data:
        (role.elements if value in role.elements else role.data).add(target.value)
        role.aliases[target.value] = value
        return True
    return False


def _choose(statement: cst.If, role: Role) -> list[cst.CSTNode]:
    """An `if` and what follows it: read first, then, for what else the events may say, the part that writes."""
    verdict, test = _judge(statement.test, role)
    rest = statement.orelse
    if verdict is True:
        return _with_lines(_block(statement, role), statement)
    if verdict == "readable":
        role.reads = True
        chosen = _with_lines(_block(statement, role), statement)
        if test is not None:
            chosen = [cst.If(test, _as_block(statement, role), leading_lines=statement.leading_lines)]
        return chosen + (_later(rest, role) if isinstance(rest, cst.If) else [])
    if verdict is False:
        if isinstance(rest, cst.If):
            return _choose(rest.with_changes(leading_lines=statement.leading_lines), role)
        return _with_lines(_block(rest, role), statement) if rest is not None else []
    if verdict == "writable":
        return _writing(statement, test, role)
    changes: dict[str, object] = {"test": test, "body": _as_block(statement, role)}
    if isinstance(rest, cst.If):
        inner = _choose(rest, role)
        if len(inner) == 1 and isinstance(inner[0], cst.If):
            changes["orelse"] = inner[0]
        else:
            changes["orelse"] = cst.Else(cst.IndentedBlock(inner)) if inner else None  # type: ignore[arg-type]
    elif rest is not None:
        inner = _block(rest, role)
        changes["orelse"] = rest.with_changes(body=_as_block(rest, role)) if inner else None
    return [statement.with_changes(**changes)]


def _later(rest: cst.If, role: Role) -> list[cst.CSTNode]:
    """`elif` after the read part: another event, which comes at another turn. Only the part that writes is left of it."""
    verdict, test = _judge(rest.test, role)
    if verdict is None or verdict is True:
        raise Refused("event-not-understood", rest, "what is done beside reading and writing cannot be told")
    left = _writing(rest, test, role) if verdict == "writable" else []
    return left + (_later(rest.orelse, role) if isinstance(rest.orelse, cst.If) else [])


def _writing(statement: cst.If, test: cst.BaseExpression | None, role: Role) -> list[cst.CSTNode]:
    if not role.reads:
        raise Refused("event-not-understood", statement, "it writes before it reads")
    owed = _owed(statement.body, role)
    if test is None and owed is None:
        raise Refused("buffer-not-understood", statement, "what it writes cannot be told")
    _only_writes(statement.body, role)
    body = _block(statement, role)
    first = body[0] if body else None
    asked = isinstance(first, cst.If) and role.tree.code(first.test) == owed
    if test is None and asked:
        return _with_lines(body, statement)
    guard = test if test is not None else cst.parse_expression(owed or "")
    return [cst.If(guard, _as_block(statement, role), leading_lines=statement.leading_lines)]


def _owed(body: cst.CSTNode, role: Role) -> str | None:
    """The buffer that a part writes, as text of its place: the argument of its `send`, or of that of the function that it calls."""
    for call in [each for each in role.tree.all(cst.Call) if role.tree.within(each, body)]:
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "send" and len(call.args) == 1:
            owed = call.args[0].value
            slices = isinstance(owed, cst.Subscript) and isinstance(owed.slice[0].slice, cst.Slice)
            if slices or not isinstance(owed, cst.Name | cst.Attribute | cst.Subscript):
                raise Refused("buffer-not-understood", call, "it sends a part of what is owed, at each turn")
            return role.tree.code(owed)
        function = role.names.function(call.func)
        inner = _owed(function.body, role) if function is not None else None
        if function is not None and inner is not None:
            given = {}
            params = list(function.params.params)
            if isinstance(call.func, cst.Attribute):
                given[params.pop(0).name.value] = role.tree.code(call.func.value)
            given.update({param.name.value: role.tree.code(arg.value) for param, arg in zip(params, call.args, strict=False)})
            head, dot, tail = inner.partition(".")
            return given[head] + dot + tail if head in given else None
    return None


def _only_writes(body: cst.CSTNode, role: Role) -> None:
    """Raise Refused when a part that writes does more than to send what is owed, and to see what is watched for then."""
    for line in role.tree.all(cst.SimpleStatementLine):
        if not role.tree.within(line, body) or len(line.body) != 1:
            continue
        small = line.body[0]
        value = small.value if isinstance(small, cst.Expr | cst.Assign | cst.AugAssign) else None
        if isinstance(small, cst.Return | cst.Continue | cst.Pass | cst.Del | cst.Raise):
            continue
        if isinstance(value, cst.Call):
            method = value.func.attr.value if isinstance(value.func, cst.Attribute) else ""
            function = role.names.function(value.func)
            if method in WRITING:
                continue
            if function is not None and _owed(function.body, role) is not None:
                _only_writes(function.body, role)
                continue
            if function is not None and {".close", ".modify"} & {_method(each) for each in contains(function)}:
                continue  # the end of the conversation, or what it is watched for
        if isinstance(value, cst.Subscript) or (isinstance(value, cst.BaseString) and role.tree.code(value) in {"b''", 'b""'}):
            continue
        raise Refused("buffer-not-understood", line, "more is done when the connection takes output than to send what is owed")


def _method(node: cst.CSTNode) -> str:
    return f".{node.func.attr.value}" if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else ""


def _with_lines(statements: list[cst.CSTNode], old: cst.If) -> list[cst.CSTNode]:
    """The first statement keeps the blank lines and comments that stood before the `if`."""
    if not statements or not any(line.comment for line in old.leading_lines):
        return statements
    first = statements[0]
    lines = [*old.leading_lines, *first.leading_lines]  # type: ignore[attr-defined]
    return [first.with_changes(leading_lines=lines), *statements[1:]]


def _judge(test: cst.BaseExpression, role: Role) -> tuple[Verdict, cst.BaseExpression | None]:
    """What a test is: known; "writable"; or open, None. With what is left of it to be asked."""
    code = role.tree.module.code_for_node(test).strip()
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            verdict, rest = _judge(test.expression, role)
            if verdict == "readable" and rest is None:
                return False, None
            return (not verdict, None) if isinstance(verdict, bool) else (None, test)
        case cst.BooleanOperation():
            return _judge_both(test, role)
        case cst.BinaryOperation(operator=cst.BitAnd()) if role.tree.code(test.left) in role.masks:
            asked = flags(role.names, test.right)
            if asked is None:
                raise Refused("event-not-understood", test, f"what `{code}` asks cannot be told")
            return ("readable" if "read" in asked else "writable" if "write" in asked else False), None
        case cst.Comparison() if len(test.comparisons) == 1:
            verdict = _compared(role.tree.code(test.left), test, role)
            return verdict, test if verdict is None else None
    return None, test


def _judge_both(test: cst.BooleanOperation, role: Role) -> tuple[Verdict, cst.BaseExpression | None]:
    (left, first), (right, second) = _judge(test.left, role), _judge(test.right, role)
    decisive = isinstance(test.operator, cst.Or)  # the value of one side that is the value of both
    for verdict, other, rest in ((left, right, second), (right, left, first)):
        if isinstance(verdict, bool):
            if verdict is decisive:
                return (decisive, None) if verdict is left else (None, test)
            return other, rest
        if verdict in ("readable", "writable") and other is None and not decisive:
            return verdict, rest
    return None, test


def _compared(left: str, test: cst.Comparison, role: Role) -> Verdict:
    target = test.comparisons[0]
    operator, right = target.operator, role.tree.code(target.comparator)
    if isinstance(operator, cst.Is | cst.Equal | cst.IsNot | cst.NotEqual):
        positive = isinstance(operator, cst.Is | cst.Equal)
        known: bool | None = None
        if left in role.elements and role.is_listener(target.comparator):
            known = role.listener
        elif right in role.elements and role.is_listener(test.left):
            known = role.listener
        elif left in role.data and right == "None":
            known = role.listener
        elif left in role.masks and (asked := flags(role.names, target.comparator)) is not None:
            if asked <= {"read"} and positive:
                return "readable"
        return None if known is None else known is positive
    if isinstance(operator, cst.In) and left in role.elements:
        if right in role.readable:
            return "readable" if not role.listener else True
        return "writable" if right in role.writable else None
    return None
