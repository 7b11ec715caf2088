"""One parsed file: its nodes by kind, and where each stands."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider, Scope, ScopeProvider

__all__ = ["Function", "Tree"]

Node = TypeVar("Node", bound=cst.CSTNode)
Function = cst.FunctionDef | cst.Lambda


class _Collector(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[type[cst.CSTNode], list[cst.CSTNode]] = defaultdict(list)
        self.numbers: dict[cst.CSTNode, int] = {}  # in the order in which nodes begin
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._open: list[cst.CSTNode] = []
        self.last: dict[cst.CSTNode, int] = {}  # the number of the last node that stands in one

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.nodes[type(node)].append(node)
        self.numbers[node] = len(self.numbers)
        if self._open:
            self.parents[node] = self._open[-1]
        self._open.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self.last[original_node] = len(self.numbers) - 1
        self._open.pop()


class Tree:
    """A file. Raises `libcst.ParserSyntaxError` for what LibCST cannot read.

    Nodes are known by identity: one that is equal to another is still another.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        # What has just been parsed has no node twice, which is what the wrapper would copy it for.
        self._wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = self._wrapper.module
        collector = _Collector()
        self.module.visit(collector)
        self._nodes, self._parents = collector.nodes, collector.parents
        self._numbers, self._last = collector.numbers, collector.last
        self._codes: dict[cst.CSTNode, str] = {}
        self._functions: dict[cst.CSTNode, Function | None] = {}
        self._spans: dict[int, Sequence[cst.CSTNode]] = {}

    @cached_property
    def scopes(self) -> Mapping[cst.CSTNode, Scope | None]:
        return self._wrapper.resolve(ScopeProvider)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        return self._wrapper.resolve(PositionProvider)

    def all(self, kind: type[Node]) -> list[Node]:
        """Every node of exactly that kind, in the order of the text."""
        return cast("list[Node]", self._nodes.get(kind, []))

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What the node stands in, from the inside."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def within(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        """Whether a node is the other one, or stands in it, or in a span that begins with it."""
        return any(self._stands(node, each) for each in self._spans.get(id(outer), (outer,)))

    def _stands(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        if node not in self._numbers or outer not in self._numbers:
            return node is outer
        return self._numbers[outer] <= self._numbers[node] <= self._last[outer]

    def calls_in(self, outer: cst.CSTNode) -> list[cst.Call]:
        return [call for call in self.all(cst.Call) if self.within(call, outer)]

    def follows(self, node: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether a node begins after the other one has ended, in the text."""
        return self._numbers[node] > self._last[other]

    def behind(self, statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """The statements that follow one in its block; none of what stands in no block of lines."""
        block = self.parent(statement)
        if not isinstance(block, cst.IndentedBlock | cst.Module):
            return ()
        return block.body[1 + next(index for index, each in enumerate(block.body) if each is statement) :]

    def span(self, first: cst.CSTNode) -> None:
        """Let a statement stand for itself and all that follow it in its block."""
        assert isinstance(self.parent(first), cst.IndentedBlock | cst.Module)
        self._spans[id(first)] = [first, *self.behind(first)]

    def line(self, node: cst.CSTNode) -> int:
        return self._positions[node].start.line

    def lines(self, node: cst.CSTNode) -> tuple[int, int]:
        """Its first line and its last."""
        position = self._positions[node]
        return position.start.line, position.end.line

    def code(self, node: cst.CSTNode) -> str:
        if node not in self._codes:
            self._codes[node] = self.module.code_for_node(node).strip()
        return self._codes[node]

    def function(self, node: cst.CSTNode) -> Function | None:
        """The innermost function whose body the node stands in; a function's defaults and decorators stand outside of it."""
        if node not in self._functions:
            self._functions[node] = self._function(node)
        return self._functions[node]

    def _function(self, node: cst.CSTNode) -> Function | None:
        below = node
        for above in self.ancestors(node):
            if isinstance(above, cst.Lambda):
                return above
            if isinstance(above, cst.FunctionDef) and (below is above.body or below is above.params):
                return above
            if isinstance(above, cst.ClassDef) and below is above.body:
                return None
            below = above
        return None

    def class_of(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """The class that a function is a method of: one that stands in its body, not deeper."""
        for above in self.ancestors(function):
            if isinstance(above, cst.ClassDef):
                return above
            if isinstance(above, cst.FunctionDef | cst.Lambda):
                return None
        return None

    def method(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The method that a node stands in, however many functions are nested in it."""
        for above in self.ancestors(node):
            if isinstance(above, cst.FunctionDef) and self.class_of(above) is not None:
                return above
        return None

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The whole line, or compound statement, that a node belongs to."""
        below = node
        for above in self.ancestors(node):
            if isinstance(below, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                return below
            below = above
        return below

    def unit(self, node: cst.CSTNode) -> str:
        """The qualified name of what a node stands in; "" for the module."""
        names = [
            above.name.value for above in (node, *self.ancestors(node)) if isinstance(above, cst.FunctionDef | cst.ClassDef)
        ]
        return ".".join(reversed(names))
