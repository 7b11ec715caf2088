"""What only served the loop, and goes: registrations, lists of what is watched, variables that hold events."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags
from iomodels.migrate.rewrite.shapes._found import POLLERS, SELECTORS
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Removed", "is_poller", "only_kept", "take_list", "take_poller", "texts_of"]

ASKED = {"register", "modify", "unregister", "close"}
KEEPING = {"append", "add", "remove", "discard"}


class Removed:
    """lines: the statements to go. events: where a variable that holds events is read, the values that it is given."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.lines: set[int] = set()
        self.events: dict[int, list[cst.BaseExpression]] = {}
        for variable, stores in list(names.stores.items()):
            lines = [tree.statement(store.node) for store in stores]
            values = [_value(line) for line in lines]
            if variable.attribute or not stores or not any(value is not None and _has_flags(names, value) for value in values):
                continue
            if all(value is not None and (_has_flags(names, value) or code(value) == "0") for value in values):
                self.lines.update(id(line) for line in lines)
                for load in names.loads[variable]:
                    self.events[id(load)] = [value for value in values if value is not None]


def _value(line: cst.CSTNode) -> cst.BaseExpression | None:
    small = only(line)
    if isinstance(small, cst.AugAssign) and isinstance(small.operator, cst.BitOrAssign):
        return small.value
    return small.value if isinstance(small, cst.Assign) and len(small.targets) == 1 else None


def _has_flags(names: Names, node: cst.BaseExpression) -> bool:
    return any(isinstance(each, cst.Attribute | cst.Name) and flags(names, each) for each in contains(node))


def is_poller(names: Names, variable: Variable) -> bool:
    made = {names.qualified(value.func) for value in names.values(variable) if isinstance(value, cst.Call)}
    return bool(made & (POLLERS | SELECTORS))


def texts_of(tree: Tree, names: Names, variable: Variable) -> set[str]:
    return {tree.code(load) for load in names.loads[variable]}


def take_poller(tree: Tree, names: Names, variable: Variable, removed: Removed) -> None:
    for load in names.loads[variable]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if attribute is not None else None
        line = tree.statement(load)
        if not (isinstance(attribute, cst.Attribute) and attribute.attr.value in ASKED and is_call_statement(line) is call):
            raise Refused("event-not-understood", load, f"`{tree.code(attribute or load)}` has no counterpart")
        removed.lines.add(id(line))
    for store in names.stores[variable]:
        removed.lines.add(id(tree.statement(store.node)))


def only_kept(tree: Tree, names: Names, variable: Variable) -> bool:
    """Whether things are put into a collection and taken out of it, and it is never looked at."""
    for load in names.loads[variable]:
        attribute = tree.parent(load)
        call = is_call_statement(tree.statement(load))
        if _guard(tree, load) is not None:
            continue
        if not (
            isinstance(attribute, cst.Attribute)
            and attribute.attr.value in KEEPING
            and call is not None
            and call.func is attribute
        ):
            return False
        if not all(isinstance(arg.value, cst.Name | cst.Attribute) for arg in call.args):
            return False
    return bool(names.loads[variable])


def _guard(tree: Tree, load: cst.CSTNode) -> cst.If | None:
    """`if ready not in writers: writers.append(ready)`, of the load in its test: it does nothing but to keep the collection."""
    line, target = tree.statement(load), tree.parent(load)
    test = tree.parent(target) if isinstance(target, cst.ComparisonTarget) else None
    if not isinstance(line, cst.If) or line.test is not test or line.orelse is not None:
        return None
    assert isinstance(test, cst.Comparison)
    inner = [is_call_statement(each) for each in line.body.body]
    kept = {f"{code(load)}.{method}" for method in KEEPING}
    plain = isinstance(test.left, cst.Name | cst.Attribute) and len(test.comparisons) == 1
    return line if plain and all(call is not None and code(call.func) in kept for call in inner) else None


def take_list(tree: Tree, names: Names, variable: Variable, removed: Removed) -> None:
    for load in names.loads[variable]:
        removed.lines.add(id(tree.statement(load)))
    for store in names.stores[variable]:
        value = store.value
        if not isinstance(value, cst.List | cst.Set | cst.Dict) and code(value or store.node) not in {
            "set()",
            "list()",
            "dict()",
        }:
            raise Refused("odd-event-loop", store.node, f"`{variable.name}` is not only a collection that is made here")
        removed.lines.add(id(tree.statement(store.node)))
