"""Two idioms of clients that try again: the last attempt raises, and what closes the connection asks whether there is one."""

import libcst as cst

from iomodels.migrate.rewrite.leaving import exits, leaves
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["closed_if_there", "last_raises"]


def last_raises(tree: Tree, names: Names, loop: cst.While | cst.For, guard: cst.Try) -> bool:
    """Whether each clause raises in the last round of `for n in range(size)`: it begins with `if n == size - 1: raise`."""
    if not (isinstance(loop, cst.For) and isinstance(loop.target, cst.Name) and isinstance(loop.iter, cst.Call)):
        return False
    counter = names.variable(loop.target)
    if names.qualified(loop.iter.func) != "builtins.range" or len(loop.iter.args) != 1 or counter is None:
        return False
    size = loop.iter.args[0].value
    held = names.variable(size)
    within = [store for store in names.stores[counter] if tree.within(store.node, loop)]
    skips = any(tree.within(each, handler) for each in tree.all(cst.Continue) for handler in guard.handlers)
    if len(within) != 1 or skips or held is None or not _steady(names, held):
        return False
    last = f"{loop.target.value} == {tree.code(size)} - 1"
    return all(
        leaves(names, handler.body)
        or any(
            isinstance(line, cst.If) and tree.code(line.test) == last and exits(names, line.body) for line in handler.body.body
        )
        for handler in guard.handlers
    )


def _steady(names: Names, held: Variable) -> bool:
    """Whether a name is given its value once, or by the class alone, so that it is the same in each round."""
    return len(names.stores.get(held, [])) == (0 if held.attribute else 1)


def closed_if_there(tree: Tree, names: Names, variable: Variable, made: cst.CSTNode) -> list[cst.BaseExpression]:
    """What reads a name in `if peer is not None: peer.close()`, where the name was None from the beginning."""
    if not any(_is_none(store.value) and _begins(tree, variable, store.node, made) for store in names.stores[variable]):
        return []
    found: list[cst.BaseExpression] = []
    for block in tree.all(cst.If):
        asked = block.test.left if isinstance(block.test, cst.Comparison) else block.test
        not_none = isinstance(block.test, cst.Comparison) and (
            len(block.test.comparisons) == 1
            and isinstance(block.test.comparisons[0].operator, cst.IsNot)
            and _is_none(block.test.comparisons[0].comparator)
        )
        if (not_none or asked is block.test) and names.variable(asked) == variable and block.orelse is None:
            name = tree.code(asked)
            lines = [tree.code(line) for line in block.body.body]
            if set(lines) <= {f"{name}.close()", f"{name} = None"}:
                found += [load for load in names.loads[variable] if tree.within(load, block)]
    return found


def _begins(tree: Tree, variable: Variable, node: cst.CSTNode, made: cst.CSTNode) -> bool:
    """Whether a store is the first thing that happens to a name: in `__init__`, or in its function, in no block."""
    function = tree.function(node)
    if not isinstance(function, cst.FunctionDef) or tree.parent(tree.statement(node)) is not function.body:
        return False
    if variable.attribute:
        return function.name.value == "__init__"
    return function is tree.function(made) and tree.follows(made, node)


def _is_none(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
