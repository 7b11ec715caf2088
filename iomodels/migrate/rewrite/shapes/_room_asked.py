"""Whether a connection is watched for output whenever something is owed to it: only then is it written in the same turn."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import WRITE, tests_events
from iomodels.migrate.rewrite.shapes._tools import code, contains
from iomodels.migrate.rewrite.shapes._written import growths, word_of_buffer
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["asked_when_owed"]


def asked_when_owed(tree: Tree, names: Names, owed: str) -> None:
    """Raise Refused where what is owed may wait for more than room. owed: the buffer that is written, as text."""
    word = word_of_buffer(cst.parse_expression(owed))
    asks = _asks(tree, names)
    grown: Sequence[cst.CSTNode | None] = growths(tree, word) or [None]
    for node in grown:
        if asks and not any(_follows(tree, names, ask, node, word) for ask in asks):
            [guard, _] = next(each for each in _guards(tree, asks[0]) if not _holds(each[0].test, each[1], word))
            what = f"output is waited for when `{code(guard.test)}`, not whenever `{owed}` is owed"
            raise Refused("event-not-understood", guard, what)


def _asks(tree: Tree, names: Names) -> list[cst.CSTNode]:
    """Where output is asked for: in what is registered only where that is never changed."""
    found: list[cst.CSTNode] = []
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        if names.qualified(node) in WRITE and not isinstance(tree.parent(node), cst.Attribute | cst.ImportAlias):
            line = tree.statement(node)
            made = tree.parent(line) is tree.module and isinstance(line, cst.SimpleStatementLine)
            targets = [each.target for each in contains(line) if isinstance(each, cst.AssignTarget)] if made else []
            variable = names.variable(targets[0]) if targets else None
            found += names.loads[variable] if variable is not None else [node]
    asked = [node for node in found if not any(tests_events(above) for above in tree.ancestors(node))]
    later = [node for node in asked if not any(_registers(above) for above in tree.ancestors(node))]
    return later or asked


def _registers(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and code(node.func).endswith(".register")


def _follows(tree: Tree, names: Names, ask: cst.CSTNode, grown: cst.CSTNode | None, word: str) -> bool:
    """Whether output is asked for whenever something was added."""
    function = tree.function(ask)
    places = [] if grown is None else [grown]
    if grown is not None and tree.function(grown) is not function:
        adds = tree.function(grown)
        places = [each for each in tree.all(cst.Call) if names.function(each.func) is adds and tree.function(each) is function]
    known = [{(id(above), side) for above, side in _guards(tree, place)} for place in places] or [set()]
    return any(
        all((id(above), side) in each or _holds(above.test, side, word) for above, side in _guards(tree, ask)) for each in known
    )


def _guards(tree: Tree, node: cst.CSTNode) -> list[tuple[cst.If | cst.IfExp, bool]]:
    """What is asked round a node in its function, but for events, and how it was answered."""
    found: list[tuple[cst.If | cst.IfExp, bool]] = []
    for above in tree.ancestors(node):
        if isinstance(above, cst.FunctionDef):
            break
        asks = isinstance(above, cst.If | cst.IfExp) and not any(map(tests_events, contains(above.test)))
        if isinstance(above, cst.If | cst.IfExp) and asks and not tree.within(node, above.test):
            found.append((above, tree.within(node, above.body)))
    return found


def _holds(test: cst.BaseExpression, value: bool, word: str) -> bool:
    """Whether a test has that value whenever something is owed."""
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            return _holds(test.expression, not value, word)
        case cst.BooleanOperation():
            sides = [_holds(test.left, value, word), _holds(test.right, value, word)]
            return any(sides) if isinstance(test.operator, cst.Or) is value else all(sides)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
            empty = code(right) in {"0", 'b""', "b''"} and _measures(test.left, word)
            return empty and isinstance(operator, cst.NotEqual | cst.GreaterThan if value else cst.Equal)
    return value and _measures(test, word)


def _measures(node: cst.BaseExpression, word: str) -> bool:
    """Whether an expression is the buffer, or its length."""
    if isinstance(node, cst.Call) and code(node.func) == "len" and len(node.args) == 1:
        node = node.args[0].value
    return word != "" and word_of_buffer(node) == word
