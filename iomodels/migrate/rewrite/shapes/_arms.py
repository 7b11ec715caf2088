"""The arms of a loop over who is ready, where each event has one: the listening socket, input, output, hanging up."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._events import flags, tests_events
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._tools import code, contains, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Arms", "arms"]

HANGS_UP = {"select.POLLHUP", "select.EPOLLHUP"}


@dataclass(frozen=True)
class Arms:
    """The arms. ready: the descriptor that is ready; poller: who is asked, as text; changes: the calls of its `modify`."""

    ready: str
    poller: str
    reading: cst.If
    writing: cst.If
    hung_up: cst.If | None
    changes: Sequence[cst.Call]

    def asks(self, names: Names, call: cst.Call, events: set[str]) -> bool:
        """Whether a call lets the ready connection be watched for just that; for nothing, where that is empty."""
        if code(call.func) != f"{self.poller}.modify" or len(call.args) != 2 or code(call.args[0].value) != self.ready:
            return False
        asked = call.args[1].value
        return flags(names, asked) == events if events else code(asked) == "0"


def arms(tree: Tree, names: Names, found: Found) -> Arms | None:
    """The arms, where there is one for each in that order and nothing besides: None for another form."""
    loops = [each for each in found.host.body if isinstance(each, cst.For) and isinstance(each.target, cst.Tuple)]
    if found.kind != "poll" or found.poller is None or len(loops) != 1 or not isinstance(loops[0].body, cst.IndentedBlock):
        return None
    target = loops[0].target
    assert isinstance(target, cst.Tuple)
    [ready, mask] = [code(each.value) for each in target.elements] if len(target.elements) == 2 else ["", ""]
    told = _branches(loops[0].body.body)
    if told is None or not _listens(tree, names, found, told[0].test, ready):
        return None
    asked = [_asked(names, each.test, mask) for each in told[1:]]
    if asked not in ([{"read"}, {"write"}], [{"read"}, {"write"}, {"failed"}]):
        return None
    hung_up = told[3] if len(told) == 4 else None
    if hung_up is not None and not any(names.qualified(each) in HANGS_UP for each in contains(hung_up.test)):
        return None
    uses = [tree.parent(tree.parent(load) or load) for load in names.loads[found.poller]]
    changes = [each for each in uses if isinstance(each, cst.Call) and code(each.func).endswith(".modify")]
    assert isinstance(found.call.func, cst.Attribute)
    return Arms(ready, code(found.call.func.value), told[1], told[2], hung_up, changes)


def _branches(statements: Sequence[cst.CSTNode]) -> list[cst.If] | None:
    """Those of an `if` that has no `else`; or of two, when the first has one branch, which ends with `continue`."""
    told: list[cst.If] = []
    for index, statement in enumerate(statements):
        below: cst.CSTNode | None = statement
        while isinstance(below, cst.If):
            told.append(below)
            below = below.orelse
        goes_on = len(told) == 1 and isinstance(only(told[0].body.body[-1]), cst.Continue)
        if below is not None or (index == 0 and len(statements) > 1 and not goes_on) or index > 1:
            return None
    return told or None


def _listens(tree: Tree, names: Names, found: Found, test: cst.BaseExpression, ready: str) -> bool:
    """Whether a test asks if the listening socket is ready: `fd == listener.fileno()`."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or code(test.left) != ready:
        return False
    place = test.comparisons[0].comparator
    values = names.values(names.variable(place))
    value = values[0] if len(values) == 1 else place
    descriptor = isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "fileno"
    if not isinstance(test.comparisons[0].operator, cst.Equal) or not descriptor:
        return False
    assert isinstance(value, cst.Call)
    assert isinstance(value.func, cst.Attribute)
    return is_listener(tree, names, found, value.func.value)


def _asked(names: Names, test: cst.BaseExpression, mask: str) -> set[str] | None:
    """The events that a test asks for, all of it."""
    if tests_events(test) and code(test.left) == mask:
        return flags(names, test.right)
    return None
