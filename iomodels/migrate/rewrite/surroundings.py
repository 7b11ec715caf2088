"""Where a library's loop is to run: not in another loop, and not where sockets and threads are another library's."""

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["examine"]

PATCHES = {"gevent", "eventlet"}  # they put their own in the place of socket, threading and select


def examine(unit: Unit, host: cst.CSTNode | None) -> None:
    """Raise Refused unless a loop can be run in `host`, a function, or the module."""
    tree, names = unit.tree, unit.names
    for node in (*tree.all(cst.Import), *tree.all(cst.ImportFrom)):
        found = {tree.code(alias.name) for alias in node.names} if isinstance(node, cst.Import) else {tree.code(node.module or node)}
        if other := {name.partition(".")[0] for name in found} & PATCHES:
            raise Refused("another-library", node, f"sockets and threads may be those of {other.pop()} here")
    for function in tree.all(cst.FunctionDef):
        if function.asynchronous is not None and any(each is host for each in called(tree, names, [function])):
            raise Refused("another-library", function, f"`{function.name.value}` is asynchronous, and calls what would run a loop")
