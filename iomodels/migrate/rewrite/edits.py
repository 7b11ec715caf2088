"""The edits of one unit: collected while it is understood, and applied together or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from iomodels.migrate.rewrite.result import Change
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Edit", "Edits", "apply", "comments"]

Edit = Callable[[Any], Any]  # a node whose children are edited already, to what takes its place


@dataclass
class Edits:
    """What one unit changes.

    changed: for each node (by identity) the edits that it goes through, in the order given, after those of its children. A
    second edit under the same `kind` is the same edit, and is dropped. imports: modules, or `module:name`. helpers: functions
    that the new code calls; before: the node before whose top-level statement they go.
    """

    tree: Tree
    changed: dict[int, list[tuple[str, Edit]]] = field(default_factory=dict)
    nodes: dict[int, cst.CSTNode] = field(default_factory=dict)
    changes: set[Change] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    helpers: dict[str, Helper] = field(default_factory=dict)

    def edit(self, node: cst.CSTNode, kind: str, edit: Edit) -> None:
        """Let a node go through an edit: from the node, children edited, to a node, a FlattenSentinel or RemovalSentinel."""
        here = self.changed.setdefault(id(node), [])
        if kind not in (known for known, _ in here):
            here.append((kind, edit))
            self.nodes[id(node)] = node

    def replace(self, node: cst.CSTNode, new: Any) -> None:
        self.edit(node, "replace", lambda _: new)

    def remove(self, statement: cst.CSTNode) -> None:
        """Take a simple statement out; where it was alone in its block, `pass` stays."""
        self.edit(statement, "remove", lambda _: cst.RemoveFromParent())

    def keep_comments(self, node: cst.CSTNode, *kept: cst.CSTNode) -> None:
        """Put the comments of an expression that is written anew before its statement, but for those within what is kept."""
        within = {id(line.comment) for each in kept for line in comments(each)}
        lines = [line for line in comments(node) if id(line.comment) not in within]
        if lines:
            statement = self.tree.statement(node)
            self.edit(statement, f"comments {id(node)}", lambda updated: _with_lines(updated, lines))

    def note(self, node: cst.CSTNode, rule: str, text: str) -> None:
        self.changes.add(Change(self.tree.line(node), rule, text))

    def need(self, helper: Helper) -> None:
        """Emit a helper function, and what it needs, once in the file."""
        if helper.name not in self.helpers:
            for other in helper.helpers:
                self.need(other)
            self.helpers[helper.name] = helper
            self.imports.update(helper.imports)


_GONE = cst.Pass()  # known by identity: what stands for a line until its block is done


class _Applier(cst.CSTTransformer):
    def __init__(self, changed: Mapping[int, Sequence[tuple[str, Edit]]]) -> None:
        super().__init__()
        self._changed = changed

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        node = super().on_leave(original_node, updated_node)
        if isinstance(node, cst.IndentedBlock | cst.Module):
            node = _without_empty(node)
        for _, edit in self._changed.get(id(original_node), ()):
            node = edit(node)
        if isinstance(node, cst.SimpleStatementLine) and not node.body:  # its block takes it out, and keeps its comments
            return node.with_changes(body=[_GONE], leading_lines=comments(original_node))
        if isinstance(node, cst.SimpleStatementSuite) and not node.body:
            return node.with_changes(body=[cst.Pass()])
        return node


def comments(node: cst.CSTNode) -> list[cst.EmptyLine]:
    """All comments of a node, a line each."""
    if isinstance(node, cst.Comment):
        return [cst.EmptyLine(comment=node)]
    return [comment for child in node.children for comment in comments(child)]


def _with_lines(statement: Any, lines: Sequence[cst.EmptyLine]) -> Any:
    return statement.with_changes(leading_lines=[*statement.leading_lines, *lines])


def _without_empty(block: cst.IndentedBlock | cst.Module) -> cst.IndentedBlock | cst.Module:
    """A block without the lines that nothing is left of; their comments go to the next line."""
    kept: list[cst.BaseStatement] = []
    lines: list[cst.EmptyLine] = []
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine) and statement.body[0] is _GONE:
            lines += statement.leading_lines
        elif lines and isinstance(statement, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            kept.append(statement.with_changes(leading_lines=[*lines, *statement.leading_lines]))
            lines = []
        else:
            kept.append(statement)
    if not kept and block.body:
        kept, lines = [cst.SimpleStatementLine([cst.Pass()], leading_lines=lines)], []
    return block.with_changes(body=kept, footer=[*lines, *block.footer]) if len(kept) < len(block.body) or lines else block


def apply(tree: Tree, edits: Edits) -> cst.Module:
    """The module with all edits made, but without imports and helpers."""
    module = tree.module.visit(_Applier(edits.changed))
    assert isinstance(module, cst.Module)
    return module
