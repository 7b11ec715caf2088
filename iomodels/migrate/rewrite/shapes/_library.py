"""Which library the async code of a file runs on: an operation of another one fails there, at run time."""

from collections.abc import Iterator

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["check_library", "imported"]

# They run on asyncio alone, as what is called aio... does.
ON_ASYNCIO = {"asyncpg", "discord", "quart", "sanic", "telethon", "tornado", "uvloop", "websockets"}


def imported(tree: Tree) -> Iterator[str]:
    """The modules that a file imports, by the first part of their names."""
    for plain in tree.all(cst.Import):
        yield from (alias.evaluated_name.partition(".")[0] for alias in plain.names)
    for node in tree.all(cst.ImportFrom):
        if node.module is not None and not node.relative:
            yield tree.code(node.module).partition(".")[0]


def check_library(unit: Unit, node: cst.CSTNode) -> None:
    """Raise Refused when the async code of the file runs on another library. When nothing tells, it is the unit's."""
    names = set(imported(unit.tree))
    found = {each.value for each in Target} & names
    if any(name in ON_ASYNCIO or name.startswith("aio") for name in names):
        found.add(Target.ASYNCIO.value)
    target = unit.table.library
    if not found or found == {target.value} or (target is Target.ANYIO and target.value in found):
        return
    runs = " and ".join(sorted(found))
    raise Refused("another-library", node, f"this code runs on {runs}; an operation of {target.value} would fail in it")
