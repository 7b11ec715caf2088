"""Loops that close all connections, once nobody is served any more: tasks close theirs when they end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.shapes._found import SELECTORS
from iomodels.migrate.rewrite.shapes._tools import code, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Closing", "closings", "whole"]

CLOSES = (".close()", ".shutdown(socket.SHUT_RDWR)", ".shutdown(SHUT_RDWR)")
COPIES = (
    "{}",
    "list({})",
    "tuple({})",
    "set({})",
    "{}[:]",
    "{}.copy()",
    "{}.values()",
    "list({}.values())",
    "tuple({}.values())",
)
MAPS = ("{}.get_map().values()", "list({}.get_map().values())", "tuple({}.get_map().values())")


@dataclass(frozen=True)
class Closing:
    """loop: the `for` that closes. listener: the listening socket, when that is closed with the others; else ""."""

    loop: cst.For
    listener: str


def closings(tree: Tree, names: Names, connection: cst.BaseExpression, others: Sequence[str]) -> Iterator[Closing]:
    """Each `for` that does nothing but close what it goes over, connections. others: what else may be in that, and goes."""
    accepted = names.variable(connection)
    for each in tree.all(cst.For):
        target = each.target
        if not isinstance(target, cst.Name) or each.orelse is not None or each.asynchronous is not None:
            continue
        loads = [
            (load, variable)
            for variable, loads in names.loads.items()
            for load in loads
            if (load is each.iter or tree.within(load, each.iter)) and names.self_class(load) is None
        ]
        if len(loads) != 1:
            continue
        [(load, over)] = loads
        text, iterated = tree.code(load), tree.code(each.iter)
        if _is_selector(names, over):
            fits = iterated in [form.format(text) for form in MAPS]
            fits = fits and _closes_only(
                each.body.body, f"{target.value}.fileobj", f"{text}.unregister({target.value}.fileobj)"
            )
        else:
            fits = iterated in [form.format(text) for form in COPIES] and _holds(tree, names, over, accepted)
            fits = fits and _closes_only(each.body.body, target.value, "")
        more = _others_in(tree, names, over, accepted, others)
        if fits and len(more) < 2 and all(_known_at(tree, names, each, node) for node in more):
            yield Closing(each, tree.code(more[0]) if more else "")


def _others_in(
    tree: Tree, names: Names, over: Variable, accepted: Variable | None, others: Sequence[str]
) -> list[cst.BaseExpression]:
    """What is in a collection, or registered, beside connections: the listening socket."""
    found = [element.value for value in names.values(over) if isinstance(value, cst.List) for element in value.elements]
    for load in names.loads[over]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if attribute is not None else None
        if isinstance(attribute, cst.Attribute) and attribute.attr.value in {"append", "add", "register"}:
            found += [call.args[0].value] if isinstance(call, cst.Call) and call.args else []
    return [each for each in found if names.variable(each) != accepted and tree.code(each) not in others]


def _known_at(tree: Tree, names: Names, place: cst.CSTNode, node: cst.BaseExpression) -> bool:
    """Whether an expression means the same at a place."""
    if isinstance(node, cst.Attribute) and names.self_class(node.value) is not None:
        method, here = tree.method(node), tree.method(place)
        return method is not None and here is not None and tree.class_of(method) is tree.class_of(here)
    return isinstance(node, cst.Name) and tree.function(node) is tree.function(place)


def _is_selector(names: Names, variable: Variable) -> bool:
    return any(isinstance(value, cst.Call) and names.qualified(value.func) in SELECTORS for value in names.values(variable))


def _holds(tree: Tree, names: Names, over: Variable, accepted: Variable | None) -> bool:
    """Whether connections are put into a collection."""
    for load in names.loads[over]:
        parent = tree.parent(load)
        outer = tree.parent(parent) if parent is not None else None
        puts = isinstance(parent, cst.Attribute) and parent.attr.value in {"append", "add"}
        if puts and isinstance(outer, cst.Call) and [names.variable(arg.value) for arg in outer.args] == [accepted]:
            return True
        aim = tree.parent(parent) if isinstance(parent, cst.Subscript) and parent.value is load else None
        assign = tree.parent(aim) if isinstance(aim, cst.AssignTarget) else None
        if isinstance(assign, cst.Assign) and names.variable(assign.value) == accepted:
            return True
    return False


def _closes_only(body: Sequence[cst.CSTNode], what: str, besides: str) -> bool:
    for line in body:
        if isinstance(line, cst.Try) and line.orelse is None and line.finalbody is None:
            quiet = all(isinstance(only(each), cst.Pass) for handler in line.handlers for each in handler.body.body)
            if not quiet or not _closes_only(line.body.body, what, besides):
                return False
        else:
            call = is_call_statement(line)
            if call is None or code(call) not in [*(f"{what}{end}" for end in CLOSES), besides]:
                return False
    return True


def whole(tree: Tree, line: cst.CSTNode) -> cst.CSTNode:
    """A statement, or the `with`, or `try` that only passes over what fails, which has nothing in it but that."""
    block = tree.parent(line)
    above = tree.parent(block) if isinstance(block, cst.IndentedBlock) and len(block.body) == 1 else None
    if isinstance(above, cst.With) and above.body is block:
        return whole(tree, above)
    if not isinstance(above, cst.Try) or above.body is not block or above.orelse is not None or above.finalbody is not None:
        return line
    quiet = all(isinstance(only(each), cst.Pass) for handler in above.handlers for each in handler.body.body)
    return whole(tree, above) if quiet else line
