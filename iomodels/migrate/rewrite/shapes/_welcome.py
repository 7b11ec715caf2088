"""What is done with a new connection before its first turn: it begins its conversation."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, mentions, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["check_names", "is_annotated", "makes", "named"]

PUTS = {"append", "add"}


def is_annotated(tree: Tree) -> bool:
    functions = tree.all(cst.FunctionDef)
    return sum(function.returns is not None for function in functions) * 2 > len(functions)


def makes(statement: cst.CSTNode, name: str) -> bool:
    small = only(statement)
    return isinstance(small, cst.Assign) and code(small.targets[0].target) == name


def named(names: Names, welcome: list[cst.CSTNode], name: str, watched: set[str]) -> tuple[list[cst.CSTNode], bool]:
    """The welcome, in which an object that is watched, or has registered itself, gets a name: `clients.add(Client(...))`."""
    left: list[cst.CSTNode] = []
    made = False
    for statement in welcome:
        call = is_call_statement(statement)
        inner = call.args[0].value if call is not None and len(call.args) == 1 else None
        puts = (
            call is not None
            and isinstance(call.func, cst.Attribute)
            and call.func.attr.value in PUTS
            and code(call.func.value) in watched
        )
        if puts and isinstance(inner, cst.Call):
            lines = statement.leading_lines  # type: ignore[attr-defined]
            left.append(cst.parse_statement(f"{name} = {code(inner)}").with_changes(leading_lines=lines))
            left.append(cst.parse_statement(f"{code(call.func)}({name})"))  # type: ignore[union-attr]
            made = True
        elif call is not None and isinstance(call.func, cst.Name) and call.func.value in names.classes:
            left.append(cst.parse_statement(f"{call.func.value.lower()} = {code(call)}"))
        else:
            left.append(statement)
    return left, made


def check_names(tree: Tree, names: Names, place: cst.CSTNode, welcome: list[cst.CSTNode], known: set[str]) -> None:
    """Refuse when a beginning uses names of the function that it stood in."""
    function = tree.function(place)
    if function is None:
        return
    local = {
        variable.name
        for variable, stores in list(names.stores.items())
        if not variable.attribute and any(tree.function(store.node) is function for store in stores)
    }
    made = {code(node.target) for each in welcome for node in contains(each) if isinstance(node, cst.AssignTarget)}
    nested = tree.function(place) is not None and any(
        each.name.value for each in tree.all(cst.FunctionDef) if tree.function(each) is function
    )
    for name in local - known - made:
        if any(mentions(each, name) for each in welcome) and not nested:
            raise Refused("odd-event-loop", place, f"`{name}` belongs to where it accepts, and is used for a connection")
