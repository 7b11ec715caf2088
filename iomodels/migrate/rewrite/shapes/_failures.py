"""Parts of a turn for a connection that failed: POLLHUP, POLLERR. Both come with POLLIN and POLLOUT, where these are asked for.
So an `elif` after `if events & POLLIN` is for nobody: receiving says the end, or raises. Elsewhere it does what no task would.
"""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags, tests_events
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["after_input", "failures", "no_part_for_urgent", "takes_input", "urgent_too"]

INPUT = {"select.POLLIN", "select.EPOLLIN"}
WATCHING = {"register", "modify"}
URGENT = {"select.POLLPRI", "select.EPOLLPRI"}


def failures(tree: Tree, names: Names) -> list[cst.If | cst.Else]:
    """Where it is asked whether a connection failed, and nothing else of its events; or what is left is done: `else`."""
    found: list[cst.If | cst.Else] = []
    for each in tree.all(cst.If):
        tests = [_asked(names, part) for part in contains(each.test) if tests_events(part)]
        if tests and all(test == {"failed"} for test in tests):
            found.append(each)
        if tests and isinstance(each.orelse, cst.Else) and all(test in ({"failed"}, {"write"}) for test in tests):
            found.append(each.orelse)
    return found


def after_input(tree: Tree, names: Names, failed: cst.If | cst.Else) -> None:
    """Raise Refused where it is asked of one that may have input: it is no `elif` after `if events & POLLIN`. Where
    one is watched for output alone, of one that may have room, too.
    """
    told: set[str] = set()
    below: cst.CSTNode = failed
    while isinstance(above := tree.parent(below), cst.If) and above.orelse is below:
        test = above.test
        if isinstance(test, cst.BinaryOperation) and (_asked(names, test) != {"read"} or takes_input(names, test.right)):
            told |= _asked(names, test)
        below = above
    if not {"read"} | ({"write"} if _output_alone(tree, names) else set()) <= told:
        what = "whether it failed is asked of a connection that may have input, or room, too; a task would fail there"
        raise Refused("event-not-understood", failed, what)


def _output_alone(tree: Tree, names: Names) -> bool:
    """Whether something is watched for output and not for input."""
    calls = [call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value in WATCHING]
    asked = [flags(names, arg.value) or set() for call in calls for arg in call.args[1:2]]
    return any("write" in each and "read" not in each for each in asked)


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


def _asked(names: Names, node: cst.CSTNode) -> set[str]:
    asked = flags(names, node.right) if tests_events(node) else None
    return (asked or set()) - ({"failed"} if asked and "read" in asked else set())


def _named(names: Names, events: cst.BaseExpression) -> set[str]:
    if isinstance(events, cst.BinaryOperation):
        return _named(names, events.left) | _named(names, events.right)
    value = value_of_only(names, events) if isinstance(events, cst.Name) else None
    return _named(names, value) if value is not None and value is not events else {names.qualified(events)}
