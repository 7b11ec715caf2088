"""A framework's use in a file is one unit: when it is left alone, that is said of each of its classes."""

from collections.abc import Callable, Iterator

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["as_one"]


def as_one(tree: Tree, found: list[tuple[cst.BaseExpression, str]], make: Callable[[Unit], None]) -> Iterator[Plan]:
    """The plan of a file, and one for each of its other parts, refused when that is. found: the framework's names in it."""
    why: list[Refused] = []

    def first(unit: Unit) -> None:
        try:
            make(unit)
        except Refused as refused:
            why.append(refused)
            raise

    def other(_: Unit, part: cst.CSTNode) -> None:
        if why and not tree.within(why[0].node, part):
            text = f"it goes with line {tree.line(why[0].node)}: {why[0].text}"
            raise Refused(why[0].reason.name, part, text)

    yield Plan(found[0][0], first)
    for part in _parts(tree, found):
        yield Plan(part, lambda unit, part=part: other(unit, part))  # type: ignore[misc]


def _parts(tree: Tree, found: list[tuple[cst.BaseExpression, str]]) -> list[cst.CSTNode]:
    """The classes that have a base of the framework, and its loop."""
    loops = [node for node, name in found if name == "asyncore.loop"]
    bases = [tree.parent(tree.parent(node) or node) for node, _ in found]
    owners = {id(owner): owner for owner in bases if isinstance(owner, cst.ClassDef)}
    return [*owners.values(), *loops]
