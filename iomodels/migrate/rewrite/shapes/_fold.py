"""What a dispatcher does for one kind of socket: its tests of events and of the listening socket are answered."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._role import Role, judge
from iomodels.migrate.rewrite.shapes._told import Part, tells
from iomodels.migrate.rewrite.shapes._tools import is_call_statement, only
from iomodels.migrate.rewrite.shapes._write_part import only_writes, owed_in

__all__ = ["fold", "writing"]


def fold(statements: Sequence[cst.CSTNode], role: Role) -> list[cst.CSTNode]:
    """The statements that are left for a role. Children keep their identity. Raises Refused."""
    left: list[cst.CSTNode] = []
    written = role.writes
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
    if role.writes is not written:
        role.beside += [each for each in statements if _shows(each, role)]
    return left


def _shows(line: cst.CSTNode, role: Role) -> bool:
    """Whether it shows how often a line runs: it prints or logs something, or counts in what stays."""
    call, small = is_call_statement(line), only(line)
    if isinstance(small, cst.AugAssign):
        return isinstance(small.target, cst.Attribute | cst.Subscript) and isinstance(small.value, cst.Integer)
    return call is not None and tells(role.names, call)


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
    verdict, test = judge(statement.test, role)
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
        if isinstance(rest, cst.Else):
            raise Refused("event-not-understood", rest, "more is done where it does not write")
        return writing(statement, test, role, statement.body) + (_later(rest, role) if isinstance(rest, cst.If) else [])
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
    verdict, test = judge(rest.test, role)
    if verdict is None or verdict is True:
        raise Refused("event-not-understood", rest, "what is done beside reading and writing cannot be told")
    if verdict == "writable" and test is not None and isinstance(rest.orelse, cst.Else):
        raise Refused("event-not-understood", rest.orelse, "more is done where it does not write")
    left = writing(rest, test, role, rest.body) if verdict == "writable" else []
    return left + (_later(rest.orelse, role) if isinstance(rest.orelse, cst.If) else [])


def writing(statement: cst.If | cst.For, test: cst.BaseExpression | None, role: Role, place: cst.CSTNode) -> list[cst.CSTNode]:
    """What is left of a part that writes: it writes where something is owed. place: where the old text has it."""
    if not role.reads:
        raise Refused("event-not-understood", place, "it writes before it reads")
    if test is None and role.queued is not None and role.queued(place):
        return []
    owed = owed_in(place, role)
    if test is None and owed is None:
        raise Refused("buffer-not-understood", place, "what it writes cannot be told")
    part = Part(place, role, owed, asked=False)
    part.asked = test is not None and part.asks(test)
    only_writes(place, part)
    role.owed, role.writes = owed, place
    body = _block(statement, role)
    first = body[0] if body else None
    asked = isinstance(first, cst.If) and role.tree.code(first.test) == owed
    if test is None and asked:
        return _with_lines(body, statement)
    guard = test if test is not None else cst.parse_expression(owed or "")
    return [cst.If(guard, _as_block(statement, role), leading_lines=statement.leading_lines)]


def _with_lines(statements: list[cst.CSTNode], old: cst.If | cst.For) -> list[cst.CSTNode]:
    """The first statement keeps the blank lines and comments that stood before the `if`."""
    if not statements or not any(line.comment for line in old.leading_lines):
        return statements
    first = statements[0]
    lines = [*old.leading_lines, *first.leading_lines]  # type: ignore[attr-defined]
    return [first.with_changes(leading_lines=lines), *statements[1:]]
