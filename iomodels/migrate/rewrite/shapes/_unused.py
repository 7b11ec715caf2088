"""What nothing uses any more: functions that became empty, or are not called any more, and constants."""

from collections.abc import Sequence
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._cleaning import is_gone
from iomodels.migrate.rewrite.shapes._tools import contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["drop_unused"]


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
