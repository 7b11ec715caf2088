"""Whether a unit's loop runs once in a program: a library's lock or stream belongs to one run, and is of no use in the next."""

import libcst as cst

from iomodels.migrate.rewrite.unit import Unit

__all__ = ["runs_once"]


def runs_once(unit: Unit) -> bool:
    """Whether the region stands in no other loop, and each function around it is called in one place, and never given away."""
    tree, place = unit.tree, unit.region
    seen: list[cst.CSTNode] = []
    while place is not None and not any(place is each for each in seen):
        seen.append(place)
        function = tree.function(place)
        loops = (above for above in tree.ancestors(place) if isinstance(above, cst.For | cst.While | cst.CompFor))
        if any(tree.function(loop) is function for loop in loops):
            return False
        if function is None:
            return True
        if not isinstance(function, cst.FunctionDef) or function.decorators:
            return False
        place = _only_call(unit, function)
    return False


def _only_call(unit: Unit, function: cst.FunctionDef) -> cst.Call | None:
    """The one call of a function, or the making of the one thread that runs it, where nothing else names it."""
    tree, name = unit.tree, function.name.value
    named: list[cst.CSTNode] = [node for node in tree.all(cst.Attribute) if node.attr.value == name]
    if tree.class_of(function) is None:
        variable = unit.names.variable(function.name)
        named = [*unit.names.loads[variable]] if variable is not None and len(unit.names.stores[variable]) == 1 else []
    parent = tree.parent(named[0]) if len(named) == 1 else None
    if isinstance(parent, cst.Arg) and parent.keyword is not None and parent.keyword.value == "target":
        thread = tree.parent(parent)  # which can be started once
        return thread if isinstance(thread, cst.Call) and unit.names.qualified(thread.func) == "threading.Thread" else None
    return parent if isinstance(parent, cst.Call) and parent.func is named[0] else None
