"""Events by their names in `select` and `selectors`: to be read, to be written, failed."""

from typing import TypeGuard

import libcst as cst

from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.shapes._tools import contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["READ", "WRITE", "flags", "never_asked_for", "reads_first", "tests_events"]

READ = {"select.POLLIN", "select.EPOLLIN", "selectors.EVENT_READ", "select.POLLPRI", "select.EPOLLPRI"}
WRITE = {"select.POLLOUT", "select.EPOLLOUT", "selectors.EVENT_WRITE"}
FAILED = {f"select.{kind}{event}" for kind in ("POLL", "EPOLL") for event in ("ERR", "HUP", "NVAL", "RDHUP")}


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


def tests_events(node: cst.CSTNode | None) -> TypeGuard[cst.BinaryOperation]:
    """Whether it is as `mask & select.POLLIN` is."""
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitAnd)


def never_asked_for(tree: Tree, names: Names) -> cst.CSTNode | None:
    """A test of the event that a connection takes output, where no connection is ever watched for that."""
    tests: list[cst.CSTNode] = []
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        above = tree.parent(node)
        if names.qualified(node) in WRITE and not isinstance(above, cst.Attribute | cst.ImportAlias):
            if not tests_events(above):
                return None
            tests.append(above)
    return tests[0] if tests else None


def reads_first(tree: Tree, names: Names) -> bool:
    """Whether a connection that is watched for both is written to only when there is no input: `if read: ... elif write:`."""
    if not any({"read", "write"} <= (flags(names, node) or set()) for node in tree.all(cst.BinaryOperation)):
        return False
    for first in tree.all(cst.If):
        rest = first.orelse if _asks(names, first.test, READ) else None
        while isinstance(rest, cst.If):
            if _asks(names, rest.test, WRITE):
                return True
            rest = rest.orelse
    return False


def _asks(names: Names, test: cst.BaseExpression, events: set[str]) -> bool:
    return any(isinstance(node, cst.Name | cst.Attribute) and names.qualified(node) in events for node in contains(test))
