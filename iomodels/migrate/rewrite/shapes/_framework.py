"""What the shapes of frameworks share: where a framework is named, and what new code takes the place of."""

import re
from typing import NamedTuple

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = [
    "Setting",
    "assigned",
    "inherits",
    "is_async",
    "mentions",
    "methods",
    "named_before",
    "one_of",
    "only_assigned",
    "refuse_methods",
    "rename",
    "renamed",
    "super_call",
]


FRAMEWORKS = ("socketserver.", "asyncore.", "asynchat.", "smtpd.")


def mentions(tree: Tree, names: Names, module: str) -> list[tuple[cst.BaseExpression, str]]:
    """Every place that names something of a module, with its qualified name: `ss.TCPServer`, "socketserver.TCPServer"."""
    nodes = [*tree.all(cst.Name), *tree.all(cst.Attribute)]
    named = [(node, names.qualified(node)) for node in nodes if not isinstance(tree.parent(node), cst.ImportAlias)]
    found = [(node, name) for node, name in named if name.startswith(f"{module}.") and name.count(".") == 1]
    return sorted(found, key=lambda each: tree.line(each[0]))


def rename(unit: Unit, node: cst.BaseExpression, name: str) -> None:
    """Put a name of new code in the place of a framework's."""
    unit.consumed.add(id(node))
    unit.edits.replace(node, cst.Name(name))


def free_names(tree: Tree, *wanted: str) -> dict[str, str]:
    """What new classes are called: as wanted, or with `Async` before it where the file calls something so already."""
    taken = {node.value for node in tree.all(cst.Name)}
    return {name: f"Async{name}" if name in taken else name for name in wanted}


def renamed(helper: Helper, names: dict[str, str]) -> Helper:
    """A helper in whose text, and in those of its own helpers, classes have other names."""
    code = re.sub(r"\b(" + "|".join(names) + r")\b", lambda found: names[found[1]], helper.code)
    return Helper(
        names.get(helper.name, helper.name), code, helper.imports, tuple(renamed(each, names) for each in helper.helpers)
    )


def inherits(names: Names, owner: cst.ClassDef, wanted: set[str]) -> bool:
    """Whether a class comes from one of a framework's, directly or through others of the file."""
    return any(names.qualified(base.value) in wanted for base in owner.bases) or any(
        inherits(names, base, wanted) for base in names.bases(owner)
    )


def methods(owner: cst.ClassDef) -> dict[str, cst.FunctionDef]:
    """The methods that stand in the body of a class."""
    return {each.name.value: each for each in owner.body.body if isinstance(each, cst.FunctionDef)}


class Setting(NamedTuple):
    """What a class gives a name in its body, and the statement that does."""

    statement: cst.CSTNode
    value: cst.BaseExpression


def assigned(owner: cst.ClassDef) -> dict[str, Setting]:
    """The names that a class gives a value in its body, one in each statement, annotated or not."""
    found = {}
    for each in (small for line in owner.body.body if isinstance(line, cst.SimpleStatementLine) for small in line.body):
        match each:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                found[name] = Setting(each, each.value)
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
                found[name] = Setting(each, value)
    return found


def only_assigned(unit: Unit, owner: cst.ClassDef, wanted: set[str], elsewhere: set[str]) -> None:
    """Raise Refused where a setting of a class gets its value in another way than `assigned` tells of, or a second time.

    elsewhere: those that are looked for outside of the class's body, too.
    """
    tree, names = unit.tree, unit.names
    statements = [each.statement for name, each in assigned(owner).items() if name in wanted]
    for name in tree.all(cst.Name):
        stands = name.value in wanted and tree.within(name, owner.body) and not isinstance(tree.parent(name), cst.Attribute)
        if stands and not _deeper(tree, name, owner) and not any(tree.within(name, each) for each in statements):
            raise Refused("framework-part", name, f"what `{name.value}` is for the framework cannot be told")
    for node in tree.all(cst.Attribute):
        if node.attr.value in elsewhere and _names_class(unit, owner, node.value):
            raise Refused("framework-part", node, f"`{tree.code(node)}` is set, or asked for, outside of the class's body")
    for call in tree.all(cst.Call):
        if names.qualified(call.func) == "builtins.setattr" and call.args and _names_class(unit, owner, call.args[0].value):
            raise Refused("framework-part", call, f"`{tree.code(call)}` may set what is the framework's")


def _deeper(tree: Tree, node: cst.CSTNode, owner: cst.ClassDef) -> bool:
    """Whether a node stands in a function of a class."""
    function = tree.function(node)
    return function is not None and tree.within(function, owner)


def _names_class(unit: Unit, owner: cst.ClassDef, node: cst.BaseExpression) -> bool:
    """Whether an expression is a class, or one that it comes from."""
    of_file, name = unit.names.class_called(node), unit.names.qualified(node)
    same = of_file is not None and unit.names.root(of_file) is unit.names.root(owner)
    return same or (name.startswith(FRAMEWORKS) and name.count(".") == 1)


def drop(unit: Unit, owner: cst.ClassDef, statement: cst.CSTNode) -> None:
    """Take a statement out of the body of a class; what is first in it then stands directly below its head."""
    unit.edits.remove(statement)
    unit.edits.edit(owner.body, "trim", _trim)


def _trim(updated: cst.IndentedBlock) -> cst.IndentedBlock:
    if not updated.body:
        return updated
    first, *rest = updated.body
    lines = list(first.leading_lines)  # type: ignore[attr-defined]
    while lines and lines[0].comment is None:
        del lines[0]
    return updated.with_changes(body=[first.with_changes(leading_lines=lines), *rest])


def is_async(unit: Unit, function: cst.FunctionDef) -> bool:
    """Whether a function has become `async def`."""
    return any(kind == "async" for kind, _ in unit.edits.changed.get(id(function), ()))


def super_call(unit: Unit, call: cst.Call) -> bool:
    """Whether a call is `super().m(...)` or `Base.m(self, ...)`, of a base that is not the file's."""
    function = call.func
    if not isinstance(function, cst.Attribute):
        return False
    method = unit.tree.method(call)
    if method is None or method.name.value != function.attr.value:
        return False
    owner = unit.tree.class_of(method)
    if owner is None or any(unit.names.find_method(base, method.name.value) is not None for base in unit.names.bases(owner)):
        return False
    if isinstance(function.value, cst.Call):
        return unit.names.qualified(function.value.func) == "builtins.super"
    return bool(unit.names.qualified(function.value)) and bool(call.args) and unit.names.self_class(call.args[0].value) is owner


def refuse_methods(owner: cst.ClassDef, known: set[str], text: str) -> None:
    """Refuse a class that overrides what new code does not call. known: names that a framework has, and new code has not."""
    for name, method in methods(owner).items():
        if name in known:
            raise Refused("framework-part", method, f"`{name}` {text}")


def one_of(unit: Unit, owner: cst.ClassDef) -> cst.Call:
    """The one call that makes an instance of a class. Raises Refused."""
    made = [call for call in unit.tree.all(cst.Call) if unit.names.class_called(call.func) is owner]
    if len(made) != 1:
        raise Refused("framework-part", owner, f"there is not one `{owner.name.value}`")
    return made[0]


def named_before(unit: Unit, owner: cst.ClassDef, loop: cst.Call) -> tuple[cst.Call, str]:
    """The instance that a loop serves: the call that makes it, and its name, a new one where it has none. Raises Refused."""
    tree, names, made = unit.tree, unit.names, one_of(unit, owner)
    statement = tree.parent(made)
    line = tree.parent(statement) if statement is not None else None
    block = tree.parent(line) if line is not None else None
    before = block is not None and tree.within(loop, block) and tree.line(made) < tree.line(loop)
    if not before or tree.function(loop) is not tree.function(made):
        raise Refused("framework-part", made, "it cannot be seen that this is what the loop serves")
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0].target, cst.Name):
        variable = names.variable(statement.targets[0].target)
        if variable is not None and len(names.stores[variable]) == 1:
            return made, statement.targets[0].target.value
    if not isinstance(statement, cst.Expr):
        raise Refused("framework-part", made, f"what becomes of `{tree.code(made)}` cannot be told")
    name = "server"
    while any(node.value == name for node in tree.all(cst.Name)):
        name += "_"
    target = cst.AssignTarget(cst.Name(name))
    unit.edits.edit(statement, "name", lambda updated: cst.Assign([target], updated.value))
    return made, name
