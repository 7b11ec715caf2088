"""A ThreadPoolExecutor: where it was made, and where a loop gives it work."""

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.loop import AcceptLoop
from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["maker", "submits"]

POOLS = {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"}


def maker(tree: Tree, names: Names, pool: cst.BaseExpression) -> cst.Call | None:
    """The call that made a pool, when it is one and is made once."""
    made = value_of_only(names, pool)
    return (
        made if isinstance(made, cst.Call) and names.qualified(made.func) in POOLS and tree.parent(made) is not None else None
    )


def submits(tree: Tree, names: Names, found: AcceptLoop) -> list[cst.Call]:
    """The calls of a pool's `submit` in a loop, and in what it calls."""
    places = [found.loop, *called(tree, names, [found.loop])]
    return [
        call
        for call in tree.all(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "submit"
        if maker(tree, names, call.func.value) is not None and any(tree.within(call, place) for place in places)
    ]
