"""Which uses of a name see what one statement bound to it, and not what was bound before or after."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from iomodels.migrate.bindings import parents
from iomodels.migrate.module import Function, Module, Node, dotted
from iomodels.migrate.shapes import targets_of

__all__ = ["seen_by"]

BLOCKS = ("body", "orelse", "finalbody")
Assigned = ast.Assign | ast.AnnAssign | ast.AugAssign
Blocks = dict[int, int]  # the lists of statements that a node is in, by id, and at which place


def seen_by(module: Module, function: Function, name: str, bound: Node | None) -> Iterator[Node]:
    """The loads and augmented assignments of a name that see what `bound` gives it; None for a parameter.

    A loop leads back to what stands before in it. A name that is bound anew on every way there is another thing.
    """
    known: dict[int, _Names] = vars(module).setdefault("reaching", {})
    if id(function) not in known:
        known[id(function)] = _Names(module, function)
    yield from known[id(function)].seen_by(name, bound)


class _Names:
    """Where the names of one function are bound and read."""

    def __init__(self, module: Module, function: Function) -> None:
        self.above = parents(module, function)
        self.function = function
        self.reads: dict[str, list[ast.AST]] = defaultdict(list)
        self.binds: dict[str, list[ast.stmt]] = defaultdict(list)
        ahead: list[ast.AST] = [function.node]
        while ahead:
            node = ahead.pop(0)
            ahead += [child for child in ast.iter_child_nodes(node) if id(child) in self.above]
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                self.reads[dotted(node)].append(node)
            elif isinstance(node, ast.AugAssign):
                self.reads[dotted(node.target)].append(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in targets_of(node):
                    for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                        self.binds[dotted(part)].append(node)

    def seen_by(self, name: str, bound: Node | None) -> Iterator[Node]:
        for read in sorted(self.reads.get(name, ()), key=_position):
            if self.reaches(name, bound, read):
                yield read

    def reaches(self, name: str, bound: Node | None, read: Node) -> bool:
        """Whether there is a way from one to the other on which the name is not bound anew."""
        others = [other for other in self.binds.get(name, ()) if other is not bound and not self.within(read, other)]
        start = (0, 0) if bound is None else _position(bound)
        stop = _position(read)
        before, behind = self.blocks(bound), self.blocks(read)
        if start < stop and not (isinstance(bound, Assigned) and self.within(read, bound)):
            between = [other for other in others if start < _position(other) < stop]
            if not any(self.follows(other, before) or self.leads(other, behind) for other in between):
                return True
        loop = self.shared_loop(bound, read)
        if loop is None:
            return False
        inside = [other for other in others if self.within(other, loop)]
        return not any(
            (_position(other) > start and self.follows(other, before))
            or (_position(other) < stop and self.leads(other, behind))
            for other in inside
        )

    def follows(self, other: ast.stmt, before: Blocks) -> bool:
        """Whether it is come to whenever the block goes on in which the first is."""
        return any(before.get(block, place) < place for block, place in list(self.blocks(other).items())[:1])

    def leads(self, other: ast.stmt, behind: Blocks) -> bool:
        """Whether all ways to the second, within the block that both are in, go through it."""
        return any(place < behind.get(block, place) for block, place in list(self.blocks(other).items())[:1])

    def blocks(self, node: Node | None) -> Blocks:
        """The blocks that a node is in, innermost first; a parameter is bound before the first statement."""
        if node is None:
            return {id(self.function.node.body): -1}
        found: Blocks = {}
        while (around := self.above.get(id(node))) is not None:
            for body in (getattr(around, name, None) for name in BLOCKS):
                if isinstance(body, list) and node in body:
                    found[id(body)] = body.index(node)
            node = around
        return found

    def within(self, node: ast.AST, outer: ast.AST) -> bool:
        at: ast.AST | None = node
        while at is not None and at is not outer:
            at = self.above.get(id(at))
        return at is outer

    def shared_loop(self, bound: Node | None, read: Node) -> ast.AST | None:
        """The innermost loop that both are in."""
        at = self.above.get(id(read)) if bound is not None else None
        while at is not None:
            if isinstance(at, ast.While | ast.For | ast.AsyncFor) and bound is not None and self.within(bound, at):
                return at
            at = self.above.get(id(at))
        return None


def _position(node: Node) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
