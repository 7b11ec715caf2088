"""Non-blocking sockets in a list, each asked in turn, with a pause when nobody had anything: a task for each connection."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import apply
from iomodels.migrate.rewrite.imports import add_imports, drop_imports
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes import accept_thread
from iomodels.migrate.rewrite.shapes._polled import CONVERSE, Polled, polled, with_threads
from iomodels.migrate.rewrite.shapes._proof import prove
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for found in polled(tree, names):
        yield Plan(found.accept, partial(_make, found=found))


def _make(unit: Unit, found: Polled) -> None:
    """Let the file become one with a thread for each connection, and then what the library has for that. Raises Refused."""
    module = cst.parse_module(with_threads(unit.tree, unit.names, found))
    text = module.with_changes(body=add_imports(list(module.body), {"threading"})).code
    try:
        new, inner = _moved(unit, text, found)
    except Refused as refused:  # at a node of the new text
        raise Refused(refused.reason.name, found.accept, refused.text) from None
    if not any(alias.name.value == "threading" for each in unit.tree.all(cst.Import) for alias in each.names):
        new = drop_imports(new, {"threading"})
    unit.edits.imports |= inner.edits.imports
    unit.edits.helpers.update(inner.edits.helpers)
    unit.edits.edit(unit.tree.module, "polling", lambda _: new)
    unit.edits.nodes[id(unit.tree.module)] = found.loop
    unit.edits.nodes[id(found.accept)] = unit.tree.statement(found.accept)
    unit.edits.nodes[id(found.handler)] = found.handler
    unit.note(found.accept, f"a task for each client, which waits for its own input, on {unit.table.library.value}")
    unit.note(found.handler, "what fails with one client, and ended the server, ends that client alone")


def _moved(unit: Unit, text: str, found: Polled) -> tuple[cst.Module, Unit]:
    tree = Tree(text, unit.tree.path)
    names = Names(tree)
    prove(tree, names, CONVERSE)
    plans = [plan for plan in accept_thread.SHAPE.recognise(tree, names) if isinstance(plan, Plan)]
    if len(plans) != 1:
        raise Refused("odd-event-loop", found.accept, "where connections are accepted cannot be told")
    inner = Unit(tree, names, unit.table, type(unit.edits)(tree), unit.rule, unit.options)
    plans[0].make(inner)
    return apply(tree, inner.edits), inner


SHAPE = Shape("IOM119", "nonblocking-polling", _recognise)
