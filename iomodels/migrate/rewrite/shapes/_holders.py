"""The names that hold a connection, from the function that is started with it."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["holders"]


def holders(tree: Tree, names: Names, converse: cst.FunctionDef) -> set[Variable]:
    """The variables and attributes that hold the connection, from the function that is started with it."""
    params = [param for param in converse.params.params if names.self_class(param.name) is None]
    seed = names.variable(params[0].name)
    found: set[Variable] = set()
    todo = [seed] if seed is not None else []
    while todo:
        variable = todo.pop()
        if variable in found:
            continue
        found.add(variable)
        for load in names.loads[variable]:
            parent = tree.parent(load)
            target: cst.CSTNode | None = None
            if isinstance(parent, cst.Assign) and parent.value is load:
                target = parent.targets[0].target
            call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
            if isinstance(parent, cst.Arg) and isinstance(call, cst.Call):
                target = _parameter(tree, names, call, parent)
            aim = names.variable(target) if target is not None else None
            if aim is not None:
                todo.append(aim)
    return found


def _parameter(tree: Tree, names: Names, call: cst.Call, argument: cst.Arg) -> cst.CSTNode | None:
    owner = names.class_called(call.func)
    function = names.find_method(owner, "__init__") if owner is not None else names.function(call.func)
    if function is None:
        return None
    index = next(index for index, each in enumerate(call.args) if each is argument)
    offset = 1 if tree.class_of(function) is not None else 0
    params = function.params.params
    return params[index + offset].name if index + offset < len(params) else None
