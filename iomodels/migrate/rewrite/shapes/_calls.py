"""What channels of asyncore call on themselves: receiving and sending wait."""

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._channels import ACCEPTS, WAITS, Channels
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert_calls"]

OF_CHAT = {"push", "push_with_producer", "close_when_done", "set_terminator", "get_terminator"}


def convert_calls(unit: Unit, found: Channels) -> None:
    """Let what channels call on themselves wait. Raises Refused for what is called on others."""
    tree, names = unit.tree, unit.names
    for node in tree.all(cst.Attribute):
        name, owner, call = node.attr.value, names.self_class(node.value), tree.parent(node)
        if name not in WAITS | {"close", "close_when_done"} or names.qualified(node):
            continue
        if owner not in found.channels:
            _of_another(unit, found, node)
        elif not isinstance(call, cst.Call) or call.func is not node:
            raise Refused("connection-escapes", node, f"`{tree.code(node)}` is used without being called")
        elif name in OF_CHAT and owner not in found.chats:
            continue  # a method of its own
        elif name in WAITS:
            _wait(unit, call, name)


def _of_another(unit: Unit, found: Channels, node: cst.Attribute) -> None:
    """`server.close()` after the loop, `sock.close()` of one that is not wanted: all else may be a channel's."""
    tree, names = unit.tree, unit.names
    function = tree.function(node)
    if node.attr.value == "close":
        accepted = (
            isinstance(function, cst.FunctionDef) and function.name.value in ACCEPTS and names.self_class(node.value) is None
        )
        listener = names.instance(node.value) is found.listener and names.self_class(node.value) is None
        if (accepted and isinstance(node.value, cst.Name)) or (listener and tree.class_of(function or node) not in found.all):
            return
    raise Refused("connection-escapes", node, f"`{tree.code(node)}` may be a channel's, and not of this task")


def _wait(unit: Unit, call: cst.Call, name: str) -> None:
    """`self.recv(n)` waits; `push_with_producer(simple_producer(data))` is a push of all of it."""
    tree, producer = unit.tree, call.args[0].value if call.args else None
    if len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None:
        raise Refused("framework-part", call, f"`{tree.code(call)}` has no counterpart")
    if name == "push_with_producer":
        if not (
            isinstance(producer, cst.Call)
            and unit.names.qualified(producer.func) == "asynchat.simple_producer"
            and producer.args
        ):
            raise Refused("framework-part", call, "what the producer gives, and when, cannot be told")
        unit.consumed.update({id(producer), id(producer.func)})

    def edit(updated: cst.Call) -> cst.BaseExpression:
        if name == "push_with_producer":
            assert isinstance(updated.args[0].value, cst.Call)
            assert isinstance(updated.func, cst.Attribute)
            data = updated.args[0].value.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            updated = updated.with_changes(func=updated.func.with_changes(attr=cst.Name("push")), args=[data])
        return unit.awaited(call, tree.module.code_for_node(updated))

    unit.consumed.add(id(call))
    unit.wait(call)
    unit.edits.edit(call, "await", edit)
    if not _in_catch_all(unit, call):
        unit.quiet.add(id(call))  # a lost connection is handle_close's, and no exception


def _in_catch_all(unit: Unit, call: cst.Call) -> bool:
    tries = [above for above in unit.tree.ancestors(call) if isinstance(above, cst.Try)]
    types = [handler.type for each in tries for handler in each.handlers]
    return any(type_ is None or "BaseException" in unit.tree.code(type_) for type_ in types)
