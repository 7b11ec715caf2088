"""Where a library's loop is to run: not in another loop, and not where sockets and threads are another library's."""

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["examine"]

PATCHES = {"gevent", "eventlet"}  # they put their own in the place of socket, threading and select
WAITS = {"socket.SO_RCVLOWAT", "socket.SO_RCVTIMEO", "socket.SO_SNDTIMEO"}  # options for a socket that blocks


def examine(unit: Unit, host: cst.CSTNode | None) -> None:
    """Raise Refused unless a loop can be run in `host`, a function, or the module."""
    tree, names = unit.tree, unit.names
    for alias in tree.all(cst.ImportAlias):
        statement = tree.parent(alias)
        module = statement.module if isinstance(statement, cst.ImportFrom) else alias.name
        name = tree.code(module).partition(".")[0] if module is not None else ""
        if name in PATCHES:
            raise Refused("another-library", alias, f"sockets and threads may be those of {name} here")
    for node in (*tree.all(cst.Attribute), *tree.all(cst.Name)):
        if names.qualified(node) in WAITS:
            raise Refused("time-limit", node, f"`{tree.code(node)}` does nothing to a socket that does not block")
    for function in tree.all(cst.FunctionDef):
        if function.asynchronous is not None and any(each is host for each in called(tree, names, [function])):
            raise Refused(
                "another-library", function, f"`{function.name.value}` is asynchronous, and calls what would run a loop"
            )
