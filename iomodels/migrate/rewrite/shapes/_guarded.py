"""A `try` round the connecting: in its clauses, and behind it, there may be no connection to close.

peer = socket.socket()                                    peer = None
try:                                                      try:
    peer.connect(address)                                     peer = await connect_to(*address)
    ...                                                       ...
finally:                                                  finally:
    peer.close()                                              if peer is not None:
                                                                  await peer.aclose()
"""

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._connects import Connect
from iomodels.migrate.rewrite.shapes._unconnected import Failing
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["first_of", "guarded", "next_of", "only_closes"]


def lines_of(unit: Unit, block: cst.CSTNode | None, found: Connect) -> list[cst.CSTNode]:
    """The statements of a block, but those that go."""
    gone = [unit.tree.statement(call) for call in found.gone]
    lines = block.body if isinstance(block, cst.IndentedBlock | cst.Module) else []
    return [line for line in lines if not any(line is each for each in gone)]


def first_of(unit: Unit, outer: cst.CSTNode, found: Connect) -> cst.CSTNode | None:
    """The first statement of the block of a `with` or `try`."""
    return next(iter(lines_of(unit, getattr(outer, "body", None), found)), None)


def next_of(unit: Unit, block: cst.CSTNode | None, statement: cst.CSTNode, found: Connect) -> cst.CSTNode | None:
    lines = lines_of(unit, block, found)
    index = next(index for index, line in enumerate(lines) if line is statement)
    return lines[index + 1] if index + 1 < len(lines) else None


def guarded(unit: Unit, found: Connect, guard: cst.Try, connecting: cst.CSTNode) -> bool:
    """Let what closes the connection ask whether there is one. Says whether its name is None until then. Raises Refused."""
    tree = unit.tree
    lines = lines_of(unit, guard.body, found)
    behind = lines[next(index for index, line in enumerate(lines) if line is connecting) + 1 :]
    at_end = all(_does_nothing(line) for line in behind)
    clauses = [each for each in (*guard.handlers, guard.finalbody) if each is not None]
    asking: list[tuple[cst.BaseExpression, cst.SimpleStatementLine]] = []
    later: list[tuple[cst.BaseExpression, cst.SimpleStatementLine]] = []
    for load, line in _closes(unit, found):
        if at_end and any(tree.within(load, each) for each in guard.handlers):
            unit.consumed.add(id(load))
            unit.edits.remove(line.body[0])
        elif tree.within(found.made or found.call, guard):
            continue  # then there is no place to say None
        elif any(tree.within(load, each) for each in clauses):
            asking.append((load, line))
        elif tree.follows(load, guard):
            later.append((load, line))
    try:
        Failing(unit, found, [load for load, _ in asking]).check()
    except Refused:
        asking += later
        Failing(unit, found, [load for load, _ in asking]).check()
    for load, line in asking:
        _ask(unit, load, line)
    if asking:
        assert found.made is not None
        unit.edits.edit(tree.statement(found.made), "none", lambda updated: updated.with_changes(body=[_none(unit, found)]))
    return bool(asking)


def only_closes(unit: Unit, found: Connect, block: cst.BaseSuite) -> bool:
    """Whether a block closes the connection, and does nothing else."""
    return len(block.body) == 1 and any(line is block.body[0] for _, line in _closes(unit, found))


def _does_nothing(line: cst.CSTNode) -> bool:
    """Whether a line cannot fail: it goes elsewhere."""
    kinds = (cst.Break, cst.Continue, cst.Pass)
    return isinstance(line, cst.SimpleStatementLine) and all(
        isinstance(each, kinds) or (isinstance(each, cst.Return) and isinstance(each.value, cst.Name | None))
        for each in line.body
    )


def _closes(unit: Unit, found: Connect) -> list[tuple[cst.BaseExpression, cst.SimpleStatementLine]]:
    """The lines of the function that close the connection, with what they read."""
    tree, variable = unit.tree, unit.names.variable(found.seed)
    assert variable is not None
    closes = []
    for load in unit.names.loads[variable]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if isinstance(attribute, cst.Attribute) and attribute.attr.value == "close" else None
        line = tree.statement(load)
        if not isinstance(call, cst.Call) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
            continue
        alone = isinstance(line.body[0], cst.Expr) and line.body[0].value is call
        if alone and tree.function(load) is tree.function(found.call):
            closes.append((load, line))
    return closes


def _ask(unit: Unit, load: cst.BaseExpression, line: cst.SimpleStatementLine) -> None:
    def edit(updated: cst.SimpleStatementLine) -> cst.If:
        ends = unit.ends_of(load)
        assert ends is not None
        inner = updated.with_changes(leading_lines=())
        test = cst.parse_expression(f"{ends.writer} is not None")
        return cst.If(test, cst.IndentedBlock([inner]), leading_lines=updated.leading_lines)

    unit.edits.edit(line, "ask", edit)


def _none(unit: Unit, found: Connect) -> cst.BaseSmallStatement:
    ends = unit.ends_of(found.seed)
    assert ends is not None
    line = cst.parse_statement(f"{' = '.join(ends.both)} = None")
    assert isinstance(line, cst.SimpleStatementLine)
    return line.body[0]
