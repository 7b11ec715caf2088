"""Where sockets are registered: the listening one, and a connection."""

from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._tools import code
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Registration", "registrations"]


@dataclass(frozen=True)
class Registration:
    """`selector.register(file, events, data)`. data: None where none is given."""

    call: cst.Call
    file: cst.BaseExpression
    data: cst.BaseExpression | None


def registrations(tree: Tree, names: Names, found: Found) -> dict[bool, Registration]:
    """The one registration of the listening socket (True), and the one of a connection. Raises Refused for another number."""
    told: dict[bool, Registration] = {}
    for load in names.loads[found.poller] if found.poller is not None else ():
        attribute = tree.parent(load)
        call = tree.parent(attribute) if attribute is not None else None
        if isinstance(attribute, cst.Attribute) and attribute.attr.value == "register" and isinstance(call, cst.Call):
            given = {
                ("fileobj", "events", "data")[index]: arg.value for index, arg in enumerate(call.args) if arg.keyword is None
            }
            given |= {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
            file = given.get("fileobj") or call.args[0].value
            if isinstance(file, cst.Call) and isinstance(file.func, cst.Attribute) and file.func.attr.value == "fileno":
                file = file.func.value
            listens = is_listener(tree, names, found, file) or _descriptor_of(tree, names, found, file)
            if not listens and any(code(value).endswith(".fileno()") for value in names.values(names.variable(file))):
                raise Refused("odd-event-loop", call, "connections are known by their descriptors")
            if listens in told:
                raise Refused("odd-event-loop", call, "there is another registration of the same kind")
            told[listens] = Registration(call, file, given.get("data"))
    if len(told) != 2:
        raise Refused("odd-event-loop", found.call, "where the sockets are registered cannot be told")
    return told


def _descriptor_of(tree: Tree, names: Names, found: Found, node: cst.BaseExpression) -> bool:
    values = names.values(names.variable(node))
    return any(
        isinstance(value, cst.Call)
        and isinstance(value.func, cst.Attribute)
        and is_listener(tree, names, found, value.func.value)
        for value in values
    )
