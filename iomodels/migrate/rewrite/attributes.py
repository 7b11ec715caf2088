"""What holds a connection. An attribute must be used by its own class alone, or others would look for it in vain."""

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Ends, Unit

__all__ = ["hold"]


def hold(unit: Unit, variable: Variable) -> Ends:
    """Let a variable be one that holds connections. Raises Refused."""
    if variable in unit.others:
        place = unit.names.stores[variable][0].node
        raise Refused("connection-escapes", place, f"`{variable.name}` holds a client's own connection, and those of others")
    if variable not in unit.ends:
        if variable.attribute:
            _examine(unit, variable)
        unit.ends[variable] = unit.new_ends(variable)
    return unit.ends[variable]


def _examine(unit: Unit, variable: Variable) -> None:
    """Raise Refused when an attribute is known in other ways than as `self.name`."""
    names, tree = unit.names, unit.tree
    family = [owner for owner in tree.all(cst.ClassDef) if id(names.root(owner)) == variable.home]
    for node in tree.all(cst.Attribute):
        if node.attr.value != variable.name or names.variable(node) is not None or names.qualified(node):
            continue
        owner = names.instance(node.value)
        if owner is None or owner in family:
            raise Refused("connection-escapes", node, f"`{tree.code(node)}` may be the connection")
    for string in tree.all(cst.SimpleString):
        if string.raw_value == variable.name:
            raise Refused("connection-escapes", string, f"`{variable.name}` is an attribute, and its name is in a string")
    for name in tree.all(cst.Name):
        target = tree.parent(name)
        stored = name.value == variable.name and isinstance(target, cst.AssignTarget | cst.AnnAssign)
        if stored and tree.function(name) is None and any(above in family for above in tree.ancestors(name)):
            raise Refused("connection-escapes", name, f"`{variable.name}` has a value in its class as well")
