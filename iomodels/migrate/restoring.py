"""After lowering.py: the nodes that stood for newer syntax become what they stood for."""

import ast
import re
from bisect import bisect_right
from collections.abc import Sequence

from iomodels.migrate.lowering import Lowered

__all__ = ["restore"]


def restore(tree: ast.Module, lowered: Lowered) -> None:
    """Raises SyntaxError for what only looked like newer syntax: `except A, B as e:`, or `type X` that is no statement."""
    restoring = _Restore(lowered)
    restoring.visit(tree)
    if restoring.aliases:
        line = bisect_right(restoring.lines, min(restoring.aliases))
        raise SyntaxError("invalid syntax", (None, line, None, None))


class _Restore(ast.NodeTransformer):
    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered
        self.aliases = set(lowered.aliases)
        self.lines = [0, *(end.end() for end in re.finditer(rb"\r\n?|\n", lowered.code))]

    def _offset(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> int:
        return self.lines[node.lineno - 1] + node.col_offset

    def _string(self, node: ast.Set | ast.Dict, values: Sequence[ast.expr]) -> ast.expr:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        self.generic_visit(node)
        if (self._offset(node), self.lines[node.end_lineno - 1] + node.end_col_offset) not in self.lowered.strings:
            return node
        fields = [ast.copy_location(ast.FormattedValue(value, -1, None), value) for value in values]
        return ast.copy_location(ast.JoinedStr(list[ast.expr](fields)), node)

    def visit_Set(self, node: ast.Set) -> ast.expr:
        return self._string(node, node.elts)

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        return self._string(node, ())

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        if self._offset(node) in self.aliases:
            self.aliases.remove(self._offset(node))
            target = node.targets[0]
            attribute = target.value if isinstance(target, ast.Subscript) else target
            assert isinstance(attribute, ast.Attribute)
            node.targets = [ast.copy_location(ast.Name(attribute.attr, ast.Store()), attribute)]
        self.generic_visit(node)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        """The left operand of an operator holds those before it."""
        types, rest = list[ast.expr](), node.type
        for _ in range(self.lowered.handlers.get(self._offset(node), 0)):
            if not isinstance(rest, ast.BinOp) or node.name:
                message = "multiple exception types must be parenthesized when using 'as'"
                raise SyntaxError(message, (None, node.lineno, None, None))
            types.insert(0, rest.right)
            rest = rest.left
        if types and rest and node.type:
            node.type = ast.copy_location(ast.Tuple([rest, *types], ast.Load()), node.type)
        self.generic_visit(node)
        return node
