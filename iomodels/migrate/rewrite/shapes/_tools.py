"""Small things with LibCST nodes that the passes over an event loop share."""

from collections.abc import Callable, Mapping, Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names

__all__ = [
    "apart",
    "code",
    "contains",
    "is_call_statement",
    "keep_apart",
    "mentions",
    "only",
    "replace_texts",
    "replace_where",
    "suite",
]

EMPTY = cst.Module([])


def code(node: cst.CSTNode) -> str:
    return EMPTY.code_for_node(node).strip()


def only(line: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """The one small statement of a line; None for all else."""
    return line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None


def is_call_statement(line: cst.CSTNode) -> cst.Call | None:
    """The call that a line is."""
    small = only(line)
    return small.value if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call) else None


def suite(statements: Sequence[cst.CSTNode]) -> cst.IndentedBlock:
    """A block of statements, `pass` when there are none; the first has no blank lines before it."""
    if not statements:
        return cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])])
    first = statements[0]
    lines = list(first.leading_lines)  # type: ignore[attr-defined]
    while lines and lines[0].comment is None:
        del lines[0]
    return cst.IndentedBlock([first.with_changes(leading_lines=lines), *statements[1:]])  # type: ignore[list-item]


class _Texts(cst.CSTTransformer):
    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._texts = texts
        self._deleted: set[int] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Del):  # what is deleted is an entry of a table, and not what the entry holds
            self._deleted.update(id(each) for each in contains(node) if isinstance(each, cst.Subscript))
        return True

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if isinstance(original_node, cst.Attribute):  # its name is no variable
            updated_node = updated_node.with_changes(attr=original_node.attr)
        if isinstance(original_node, cst.Arg):
            updated_node = updated_node.with_changes(keyword=original_node.keyword)
        if isinstance(original_node, cst.Name | cst.Attribute | cst.Subscript) and id(original_node) not in self._deleted:
            new = self._texts.get(code(original_node))
            if new is not None:
                return cst.parse_expression(new)
        return updated_node


def replace_texts(node: cst.CSTNode, texts: Mapping[str, str]) -> cst.CSTNode:
    """A node with expressions replaced, by their text: names, attributes and subscripts of one function."""
    new = node.visit(_Texts({old: text for old, text in texts.items() if old != text}))
    assert isinstance(new, cst.CSTNode)
    return new


class _Where(cst.CSTTransformer):
    def __init__(self, edit: Callable[[cst.CSTNode], object]) -> None:
        super().__init__()
        self._edit = edit

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> object:  # type: ignore[override]
        new = self._edit(original_node)
        return updated_node if new is None else new


def replace_where(node: cst.CSTNode, edit: Callable[[cst.CSTNode], object]) -> cst.CSTNode:
    """A node in which each inner node, for which `edit` gives something, is replaced by that."""
    new = node.visit(_Where(edit))
    assert isinstance(new, cst.CSTNode)
    return new


class _Finder(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.nodes.append(node)
        return True


def contains(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Every node in a node, and itself, in the order of the text."""
    finder = _Finder()
    node.visit(finder)
    return finder.nodes


def mentions(node: cst.CSTNode, name: str) -> bool:
    """Whether a name stands in a node."""
    return any(isinstance(each, cst.Name) and each.value == name for each in contains(node))


def keep_apart(before: Sequence[cst.CSTNode], after: Sequence[cst.CSTNode], removed: set[int]) -> list[cst.CSTNode]:
    """Statements after some were taken out: blank lines before one that went are before the one that follows it now."""
    kept = [each for each in before if id(each) not in removed]
    if len(kept) != len(after):
        return list(after)
    left: list[cst.CSTNode] = []
    lines = False
    places = iter(after)
    for each in before:
        if id(each) in removed:
            lines = lines or (bool(left) and any(line.comment is None for line in each.leading_lines))  # type: ignore[attr-defined]
            continue
        new = next(places)
        if lines and not new.leading_lines:  # type: ignore[attr-defined]
            new = new.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        left.append(new)
        lines = False
    return left


def apart(statement: cst.CSTNode) -> cst.CSTNode:
    """A statement of a module with two blank lines before it, and before its comments."""
    lines = list(statement.leading_lines)  # type: ignore[attr-defined]
    while lines and lines[0].comment is None:
        del lines[0]
    blank = cst.EmptyLine(indent=False)
    return statement.with_changes(leading_lines=[blank, blank, *lines])


def closes(names: Names, call: cst.Call) -> bool:
    """Whether a call goes to a function of the file that closes something, whatever else it does."""
    function = names.function(call.func)
    return function is not None and any(code(each).endswith(".close()") for each in function.body.body)
