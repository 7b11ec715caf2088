"""What a connection is watched for: input, until it is closed, but while something is owed. More no task does by itself."""

from collections.abc import Iterable

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import READ, flags, tests_events
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._tools import closes, code, contains, is_call_statement
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["watched_to_the_end"]


def watched_to_the_end(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Input must be watched for until the connection is closed, but while something is owed."""
    known = _flags_of_the_end(tree, names) | _owed(tree)
    tests: list[cst.BaseExpression] = []
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        if names.qualified(node) in READ and not _is_asked(tree, node):
            tests += _guards(tree, node)
    for comprehension in tree.all(cst.CompIf):
        if any(tree.within(comprehension, each) for each in found.host.body) and any(
            code(each) in _gone_through(tree, comprehension) for each in turn.watched
        ):
            tests.append(comprehension.test)
    for test in tests:
        if any(
            isinstance(each, cst.Call) and not code(each.func) == "len" and not code(each.func).endswith("fileno")
            for each in contains(test)
        ):
            raise Refused("event-not-understood", test, f"when input is watched for cannot be told: `{code(test)}`")
        for each in contains(test):
            word = _word(each)
            if (
                word is not None
                and word not in known
                and not _constant(tree, names, each)
                and not _is_role(tree, names, found, test)
            ):
                raise Refused("event-not-understood", test, f"input is not watched for while `{code(test)}` does not hold")


def _gone_through(tree: Tree, comprehension: cst.CSTNode) -> set[str]:
    """What the comprehension that a condition belongs to goes over."""
    above = tree.parent(comprehension)
    return (
        {code(above.iter)}
        if isinstance(above, cst.CompFor) and "writ" not in code(tree.statement(above)).partition("=")[0]
        else set()
    )


def _is_asked(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a flag stands in a test of what happened, in the first registration, or in the making of a constant."""
    for above in tree.ancestors(node):
        if tests_events(above) or isinstance(above, cst.Comparison):
            return True
        if isinstance(above, cst.Call) and code(above.func).endswith(".register"):
            return True
        if isinstance(above, cst.SimpleStatementLine):
            return tree.parent(above) is tree.module
    return False


def _guards(tree: Tree, node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The tests on which it depends whether a flag is asked for, as far as they are no tests of events."""
    tests = []
    for above in tree.ancestors(node):
        if isinstance(above, cst.If | cst.IfExp) and not tree.within(node, above.test):
            tests.append(above.test)
        if isinstance(above, cst.FunctionDef):
            break
    return [test for test in tests if not any(isinstance(each, cst.BitAnd) for each in contains(test))]


def _word(node: cst.CSTNode) -> str | None:
    """The last part of a name, attribute or table in a test."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else None


def _constant(tree: Tree, names: Names, node: cst.CSTNode) -> bool:
    """Whether a name is a module, a constant, a class, a parameter that only leads to what is asked, or a function as `len`."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute) and parent.attr is node:
        return True
    if names.qualified(node):
        return True
    if isinstance(parent, cst.Attribute | cst.Index) or (isinstance(parent, cst.Attribute) and parent.value is node):
        return True
    values = names.values(names.variable(node))
    return bool(values) and all(isinstance(value, cst.Integer | cst.BinaryOperation) for value in values)


def _is_role(tree: Tree, names: Names, found: Found, test: cst.CSTNode) -> bool:
    parts = [each for each in contains(test) if isinstance(each, cst.Name | cst.Attribute)]
    return any(is_listener(tree, names, found, each) for each in parts) or code(test).endswith(("is None", "is not None"))


def _owed(tree: Tree) -> set[str]:
    sends = [call for call in tree.all(cst.Call) if code(call.func).endswith(".send") and len(call.args) == 1]
    return {code(call.args[0].value).rpartition(".")[2].partition("[")[0] for call in sends}


def _flags_of_the_end(tree: Tree, names: Names) -> set[str]:
    """The words in the tests on which the closing of a connection depends; of a variable of events, those in its making."""
    words: set[str] = set()
    for line in tree.all(cst.SimpleStatementLine):
        call = is_call_statement(line)
        if call is None or not (code(call.func).endswith(".close") or closes(names, call)):
            continue
        for above in tree.ancestors(line):
            if isinstance(above, cst.If):
                words |= _words(names, [above.test])
            if isinstance(above, cst.FunctionDef):
                break
    return words


def _words(names: Names, tests: Iterable[cst.CSTNode]) -> set[str]:
    words = set()
    for test in tests:
        for each in contains(test):
            word = _word(each)
            values = names.values(names.variable(each)) if isinstance(each, cst.Name) else []
            made = [
                inner
                for value in values
                if any(flags(names, part) for part in contains(value) if isinstance(part, cst.Attribute | cst.Name))
                for inner in contains(value)
            ]
            words |= {word} if word is not None else set()
            words |= {inner for part in made if (inner := _word(part)) is not None}
    return words
