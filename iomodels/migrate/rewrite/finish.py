"""The last things of a rewrite: helper functions, imports that are needed, imports that are not needed any more."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.imports import add_imports, bound, drop_imports, import_end
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["finish"]


def finish(tree: Tree, names: Names, edits: Edits, module: cst.Module) -> str:
    """The new text. Raises Refused when a name that new code needs is another thing in this file."""
    helpers = [helper for helper in edits.helpers.values() if not _there(tree, helper)]
    _check_free(tree, names, {helper.name for helper in helpers} | edits.imports)
    body = add_imports(list(module.body), edits.imports)
    module = module.with_changes(body=_with_helpers(body, helpers))
    used_before, used_now = _used(tree.module), _used(module)
    return drop_imports(module, used_before - used_now).code


def _there(tree: Tree, helper: Helper) -> bool:
    """Whether the file has that very function already."""
    wanted = helper.code.strip()
    defined: list[cst.FunctionDef | cst.ClassDef] = [*tree.all(cst.FunctionDef), *tree.all(cst.ClassDef)]
    return any(tree.code(each) == wanted for each in defined if each.name.value == helper.name)


def _check_free(tree: Tree, names: Names, wanted: set[str]) -> None:
    for want in wanted:
        name = want.rpartition(":")[2].partition(".")[0]
        for variable, stores in names.stores.items():
            seen = [store.node for store in stores if not _in_class(tree, store.node) and not _local(tree, name, store.node)]
            if variable.name == name and not variable.attribute and seen:
                raise Refused("shared-code", seen[0], f"the name `{name}` is needed for something else")
        for alias in tree.all(cst.ImportAlias):
            if bound(alias) == name and not _same_import(tree, alias, want):
                raise Refused("shared-code", alias, f"the name `{name}` is needed for something else")
        if name in names.star_exports and ":" not in want:
            raise Refused("shared-code", tree.module, f"the name `{name}` is needed, and `import *` gives it to something else")


def _same_import(tree: Tree, alias: cst.ImportAlias, want: str) -> bool:
    """Whether an import gives a name to what new code needs: `module`, or `module:name`, which typing may have, too."""
    module, _, name = want.partition(":")
    statement = tree.parent(alias)
    if isinstance(statement, cst.ImportFrom):
        source = tree.code(statement.module) if statement.module is not None and not statement.relative else ""
        return bool(name) and alias.evaluated_name == name and source in {module, "typing", "collections.abc"}
    return not name and alias.evaluated_name.partition(".")[0] == module.partition(".")[0]


def _local(tree: Tree, name: str, node: cst.CSTNode) -> bool:
    """Whether a function calls something `socket` for itself: that module is named in helpers alone."""
    shared = any(item.name.value == name for each in tree.all(cst.Global) for item in each.names)
    return name == "socket" and tree.function(node) is not None and not shared


def _in_class(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name is given in the body of a class: nobody sees it there but through the class."""
    parent = tree.parent(node)
    return tree.class_of(parent if isinstance(parent, cst.FunctionDef) and parent.name is node else node) is not None


def _with_helpers(body: list[cst.BaseStatement], helpers: Sequence[Helper]) -> list[cst.BaseStatement]:
    if not helpers:
        return body
    place = import_end(body)
    names = {helper.name for helper in helpers}
    while place < len(body) and not isinstance(body[place], cst.BaseCompoundStatement) and not names & _names_in(body[place]):
        place += 1
    new = [_apart(cst.parse_statement(helper.code.strip())) for helper in helpers]
    rest = [_apart(body[place]), *body[place + 1 :]] if place < len(body) else []
    return [*body[:place], *new, *rest]


def _apart(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement with two blank lines before it, and before its comments."""
    assert isinstance(statement, cst.SimpleStatementLine | cst.BaseCompoundStatement)
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        del lines[0]
    blank = cst.EmptyLine(indent=False)
    return statement.with_changes(leading_lines=[blank, blank, *lines])


def _names_in(statement: cst.CSTNode) -> set[str]:
    """The names in a statement of the module, which may be executed before a function or class below it is there."""
    here = {statement.value} if isinstance(statement, cst.Name) else set[str]()
    return here.union(*(_names_in(child) for child in statement.children))


def _used(module: cst.Module) -> set[str]:
    """The names that a file uses, imports apart; words in strings too, as in `__all__`."""
    found: set[str] = set()
    todo: list[cst.CSTNode] = [module]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Import | cst.ImportFrom):
            continue
        if isinstance(node, cst.Name):
            found.add(node.value)
        elif isinstance(node, cst.SimpleString) and node.raw_value.isidentifier():
            found.add(node.raw_value)
        todo += [node.value] if isinstance(node, cst.Attribute) else node.children
    return found
