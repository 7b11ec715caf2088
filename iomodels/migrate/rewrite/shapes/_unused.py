"""What nothing uses any more: functions that became empty, or are not called any more; constants. And what moves."""

from collections.abc import Sequence
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._cleaning import is_gone
from iomodels.migrate.rewrite.shapes._found import POLLERS, SELECTORS
from iomodels.migrate.rewrite.shapes._tools import apart, code, contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["drop_unused", "put_inline"]


def put_inline(tree: Tree, names: Names) -> str:
    """The text in which a method that decides what its object is watched for stands where it is called, once."""
    edits = Edits(tree)
    for function in tree.all(cst.FunctionDef):
        owner, params = tree.class_of(function), function.params.params
        calls = [each for each in tree.all(cst.Call) if names.function(each.func) is function]
        if (
            owner is None
            or len(calls) != 1
            or len(params) != 1
            or calls[0].args
            or not isinstance(function.body, cst.IndentedBlock)
        ):
            continue
        line, caller = tree.statement(calls[0]), tree.method(calls[0])
        asks = [
            code(call.func)
            for call in contains(function)
            if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and _asks(names, call.func)
        ]
        same = caller is not None and caller is not function and caller.params.params[0].name.value == params[0].name.value
        plain = not any(isinstance(each, cst.Return) for each in contains(function)) and is_call_statement(line) is calls[0]
        own = isinstance(calls[0].func, cst.Attribute) and code(calls[0].func.value) == params[0].name.value
        if not ({"modify"} & {ask.rpartition(".")[2] for ask in asks} and same and plain and own):
            continue
        if not any(code(inner).endswith(".close()") for inner in function.body.body):
            edits.replace(line, cst.FlattenSentinel(function.body.body))
            edits.remove(function)
    return apply(tree, edits).code if edits.changed else tree.text


def _asks(names: Names, func: cst.Attribute) -> bool:
    made = {names.qualified(value.func) for value in names.values(names.variable(func.value)) if isinstance(value, cst.Call)}
    return bool(made & (POLLERS | SELECTORS))


def drop_unused(text: str, path: str, before: set[str]) -> str:
    """The text without what became unused. before: the names that were used in the old text."""
    while True:
        tree = Tree(text, path)
        names, edits = Names(tree), Edits(tree)
        for function in tree.all(cst.FunctionDef):
            _function(tree, names, edits, function, before)
        body = tree.module.body
        for index, line in enumerate(body):
            small = only(line)
            if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name):
                name = small.targets[0].target
                variable = names.variable(name)
                loads = names.loads[variable] if variable is not None else [name]
                if name.value in before and not loads and not any(isinstance(each, cst.Call) for each in contains(small.value)):
                    edits.remove(line)
                    if index + 1 < len(body):
                        lines = line.leading_lines
                        edits.edit(body[index + 1], "lines", partial(_with_lines, lines))
        if not edits.changed:
            return text
        text = apply(tree, edits).code


def _with_lines(lines: Sequence[cst.EmptyLine], new: cst.BaseStatement) -> cst.BaseStatement:
    return new if new.leading_lines else new.with_changes(leading_lines=lines)  # type: ignore[attr-defined]


def _function(tree: Tree, names: Names, edits: Edits, function: cst.FunctionDef, before: set[str]) -> None:
    name = function.name.value
    owner = tree.class_of(function)
    if owner is not None:
        uses: list[cst.BaseExpression] = [node for node in tree.all(cst.Attribute) if node.attr.value == name]
    else:
        variable = names.variable(function.name)
        uses = list(names.loads[variable]) if variable is not None else [function.name]
    calls = [tree.parent(use) for use in uses]
    if is_gone(function.body):
        lines = [tree.statement(use) for use in uses]
        if all(is_call_statement(line) is call for line, call in zip(lines, calls, strict=True)):
            for line in lines:
                _take_away(tree, edits, line)
            edits.remove(function)
    elif not uses and f"{name}()" in before:
        edits.remove(function)


def _take_away(tree: Tree, edits: Edits, line: cst.CSTNode) -> None:
    """Take a line out, and an `else` that has nothing but it."""
    block = tree.parent(line)
    above = tree.parent(block) if isinstance(block, cst.IndentedBlock) and len(block.body) == 1 else None
    chosen = tree.parent(above) if isinstance(above, cst.Else) else None
    if isinstance(chosen, cst.If):
        edits.edit(chosen, "no else", lambda updated: updated.with_changes(orelse=None))
    else:
        edits.remove(line)


def lift(tree: Tree, names: Names, name: str) -> str:
    """The text in which the conversation stands at the top, where it needs nothing of the function that it was written in."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    host = tree.function(converse)
    if host is None:
        return tree.text
    local = {
        variable
        for variable, stores in list(names.stores.items())
        if not variable.attribute and any(tree.function(store.node) is host for store in stores)
    }
    own = names.variable(converse.name)
    if any(tree.within(load, converse) for variable in local if variable != own for load in names.loads[variable]):
        return tree.text
    edits = Edits(tree)
    top = next(above for above in tree.ancestors(converse) if tree.parent(above) is tree.module)
    blank = cst.EmptyLine(indent=False)
    first = converse.with_changes(leading_lines=[blank, blank])
    edits.edit(converse, "lift", lambda _: cst.RemoveFromParent())
    edits.edit(top, "lift", lambda updated: cst.FlattenSentinel([first, apart(updated)]))
    return apply(tree, edits).code
