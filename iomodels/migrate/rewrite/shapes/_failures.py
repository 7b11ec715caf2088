"""Parts of a turn for a connection that failed: POLLHUP, POLLERR. Both come with input, so after `if events & POLLIN` an `elif`
is for what receiving says: the end, or an exception. Anything else a task that only receives would not do.
"""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["after_input", "failures", "no_part_for_urgent", "takes_input", "urgent_too"]

INPUT = {"select.POLLIN", "select.EPOLLIN"}
URGENT = {"select.POLLPRI", "select.EPOLLPRI"}


def failures(tree: Tree, names: Names) -> list[cst.If | cst.Else]:
    """Where it is asked whether a connection failed, and nothing else of its events; or what is left is done: `else`."""
    found: list[cst.If | cst.Else] = []
    for each in tree.all(cst.If):
        tests = [_asked(names, part) for part in contains(each.test) if _is_and(part)]
        if tests and all(test == {"failed"} for test in tests):
            found.append(each)
        if tests and isinstance(each.orelse, cst.Else) and all(test in ({"failed"}, {"write"}) for test in tests):
            found.append(each.orelse)
    return found


def after_input(tree: Tree, names: Names, failed: cst.If | cst.Else) -> None:
    """Raise Refused where it is asked of a connection that may have input: it is no `elif` after `if events & POLLIN`."""
    below: cst.CSTNode = failed
    while isinstance(above := tree.parent(below), cst.If) and above.orelse is below:
        test = above.test
        if isinstance(test, cst.BinaryOperation) and _asked(names, test) == {"read"} and takes_input(names, test.right):
            return
        below = above
    what = "whether it failed is asked of a connection that may have input, too; a task that receives would fail with it"
    raise Refused("event-not-understood", failed, what)


def no_part_for_urgent(tree: Tree, names: Names) -> None:
    """Raise Refused where something is done for urgent data alone."""
    for each in tree.all(cst.If):
        for part in contains(each.test):
            if isinstance(part, cst.BinaryOperation) and _asked(names, part) == {"read"} and not takes_input(names, part.right):
                raise Refused("event-not-understood", each, "what is done for urgent data alone a task would not do")


def takes_input(names: Names, events: cst.BaseExpression) -> bool:
    """Whether events are of input, and not of urgent data alone."""
    return bool(_named(names, events) & INPUT)


def urgent_too(tree: Tree, names: Names) -> bool:
    """Whether urgent data is waited for anywhere."""
    nodes = [*tree.all(cst.Attribute), *tree.all(cst.Name)]
    return any(names.qualified(node) in URGENT for node in nodes if not isinstance(tree.parent(node), cst.ImportAlias))


def _is_and(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitAnd)


def _asked(names: Names, node: cst.CSTNode) -> set[str]:
    asked = flags(names, node.right) if isinstance(node, cst.BinaryOperation) and _is_and(node) else None
    return (asked or set()) - ({"failed"} if asked and "read" in asked else set())


def _named(names: Names, events: cst.BaseExpression) -> set[str]:
    if isinstance(events, cst.BinaryOperation):
        return _named(names, events.left) | _named(names, events.right)
    value = value_of_only(names, events) if isinstance(events, cst.Name) else None
    return _named(names, value) if value is not None and value is not events else {names.qualified(events)}
