"""The accept loop taken out into a coroutine function of its own, and run where it stood.

So what comes before the loop (the arguments, the listening socket with its options, what is printed) and after it, and the
except clauses round it, stay as they are, and a function that never returned still does not, for its callers.
"""

from collections.abc import Sequence
from typing import Any

import libcst as cst

from iomodels.migrate.rewrite import surroundings
from iomodels.migrate.rewrite.loop import Loop, accepts
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Op
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["take_out"]

MANY, ONE = "serve_clients", "serve_client"


def take_out(
    unit: Unit,
    loop: Loop | cst.SimpleStatementLine,
    *,
    tasks: Op | None,
    before: Sequence[cst.BaseStatement] = (),
    gone: Sequence[cst.CSTNode] = (),
) -> None:
    """Put the loop into a coroutine function, and run it in its place. Raises Refused.

    tasks: what holds its tasks. before: new statements that stand before the loop there. gone: old ones that will not be.
    """
    host, tree = unit.tree.function(loop), unit.tree
    once = isinstance(loop, cst.SimpleStatementLine)
    name = ONE if once else MANY
    while any(node.value == name for node in tree.all(cst.Name)):
        name += "_"
    shared = _shared_names(unit, (loop, *gone), host)
    _leaves(unit, loop, host)
    run = unit.use(unit.table.run, None, name)
    opening = unit.use(tasks, None) if tasks is not None else ""
    block = tree.parent(loop)
    first = isinstance(block, cst.IndentedBlock) and block.body[0] is loop

    def taken_out(statements: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
        body: list[cst.BaseStatement] = [cst.parse_statement(f"{shared[0]} {', '.join(shared[1])}")] if shared[1] else []
        if tasks is not None:
            with_ = cst.parse_statement(f"async with {opening} as tasks:\n    pass")
            assert isinstance(with_, cst.With)
            body.append(with_.with_changes(body=cst.IndentedBlock(statements)))
        else:
            body += statements
        define = cst.parse_statement(f"async def {name}() -> None:\n    pass")
        blank = [cst.EmptyLine(indent=False)] * (2 if block is tree.module else 1)
        define = define.with_changes(body=cst.IndentedBlock(body), leading_lines=() if first else blank)
        return [define, cst.parse_statement(run).with_changes(leading_lines=blank)]

    def take_loop(updated: cst.While | cst.For) -> cst.FlattenSentinel[cst.BaseStatement]:
        return cst.FlattenSentinel(taken_out([*before, _without_blanks(updated)]))

    def take_rest(updated: cst.IndentedBlock | cst.Module) -> cst.IndentedBlock | cst.Module:
        index = next(index for index, statement in enumerate(updated.body) if accepts(unit, statement))
        rest = [_without_blanks(updated.body[index]), *updated.body[index + 1 :]]
        return updated.with_changes(body=[*updated.body[:index], *taken_out(rest)])

    if once:
        assert block is not None
        unit.edits.edit(block, "take out", take_rest)
    else:
        unit.edits.edit(loop, "take out", take_loop)


def _without_blanks(statement: Any) -> Any:
    """A statement without the blank lines before it and its comments."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        del lines[0]
    return statement.with_changes(leading_lines=lines)


def _shared_names(unit: Unit, taken: Sequence[cst.CSTNode], host: cst.CSTNode | None) -> tuple[str, list[str]]:
    """The names that what is taken out sets and that others see: `global` or `nonlocal`, and which."""
    names, tree = unit.names, unit.tree
    shared = []

    def within(node: cst.CSTNode) -> bool:
        return any(tree.within(node, each) for each in taken)

    for variable, stores in names.stores.items():
        inside = [store for store in stores if within(store.node) and tree.function(store.node) is host]
        if variable.attribute or not inside:
            continue
        outside = [store for store in stores if not within(store.node)]
        read = [load for load in names.loads[variable] if not within(load)]
        if not outside and not read:
            continue
        if variable in unit.ends:
            raise Refused("connection-escapes", inside[0].node, f"`{variable.name}` is used outside of the loop as well")
        if host is not None and not outside:
            raise Refused("odd-loop", inside[0].node, f"`{variable.name}` is set in the loop and used after it")
        shared.append(variable.name)
    declared = {item.name.value for node in tree.all(cst.Global) if tree.function(node) is host for item in node.names}
    if host is not None and declared & set(shared):
        raise Refused("odd-loop", taken[0], "the loop sets names of the module")
    return ("global" if host is None else "nonlocal", sorted(shared))


def _leaves(unit: Unit, loop: cst.CSTNode, host: cst.CSTNode | None) -> None:
    """Refuse what cannot be done from within a function of its own."""
    tree = unit.tree
    if any(isinstance(above, cst.ClassDef) for above in tree.ancestors(loop)) and host is None:
        raise Refused("odd-loop", loop, "the loop stands in a class, and in no function")
    surroundings.examine(unit, host)
    if isinstance(host, cst.FunctionDef) and _in_several_threads(unit, host):
        raise Refused("thread-is-used", loop, "several threads run this loop")
    for kind in (cst.Yield, cst.Await):
        if any(tree.within(node, loop) and tree.function(node) is host for node in tree.all(kind)):
            raise Refused("odd-loop", loop, "the loop yields")
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Name) and call.func.value == "super" and tree.within(call, loop):
            raise Refused("odd-loop", call, "`super()` is called in the loop")
    for node in tree.all(cst.Return):
        if tree.within(node, loop) and tree.function(node) is host and (node.value is not None or not _last(tree, loop)):
            raise Refused("odd-loop", node, "the loop returns, and something follows it")
    for leave in [*tree.all(cst.Break), *tree.all(cst.Continue)]:
        if tree.within(leave, loop) and tree.function(leave) is host and not tree.within(_loop_of(tree, leave), loop):
            raise Refused("odd-loop", leave, "the loop that is left stands outside of what accepts")


def _loop_of(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    return next(above for above in tree.ancestors(node) if isinstance(above, cst.While | cst.For))


def _in_several_threads(unit: Unit, host: cst.FunctionDef) -> bool:
    """Whether a function is what threads run that are made in a loop."""
    tree, names = unit.tree, unit.names
    for call in tree.all(cst.Call):
        owner = names.class_called(call.func)
        runs = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "target"]
        made = names.qualified(call.func) == "threading.Thread" and any(names.function(each) is host for each in runs)
        subclass = owner is not None and owner is tree.class_of(host) and bool(owner.bases) and host.name.value == "run"
        repeated = any(isinstance(above, cst.For | cst.While | cst.CompFor | cst.BaseComp) for above in tree.ancestors(call))
        if (made or subclass) and repeated:
            return True
    return False


def _last(tree: Tree, loop: cst.CSTNode) -> bool:
    """Whether nothing is executed after a statement but `finally` blocks."""
    below = loop
    for above in tree.ancestors(loop):
        if isinstance(above, cst.FunctionDef | cst.Module):
            return True
        if isinstance(above, cst.IndentedBlock) and not tree.within(above.body[-1], below):
            return False
        if isinstance(above, cst.For | cst.While) or (isinstance(above, cst.Try) and above.orelse is not None):
            return False
        below = above
    return True
