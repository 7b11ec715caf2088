"""Channels of asyncore and asynchat: which there are, what they override, and what they call on themselves."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import inherits, methods, refuse_methods
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["CHATS", "DISPATCHERS", "Channels", "convert_calls", "find", "prepare"]

DISPATCHERS = {"asyncore.dispatcher", "asyncore.dispatcher_with_send"}
CHATS = {"asynchat.async_chat"}
ACCEPTS = {"handle_accept", "handle_accepted"}
WAITS = {"recv", "send", "push", "push_with_producer"}
OF_CHAT = {"push", "push_with_producer", "close_when_done", "set_terminator", "get_terminator"}
READY = {"readable", "writable"}
NEW = {"serve", "start", "serve_clients", "take", "input", "tasks", "accepted", "reader", "writer", "stream"}
NOT_OVERRIDDEN = WAITS | {"accept", "bind", "close", "close_when_done", "create_socket", "listen", "set_reuse_addr", "set_terminator"}
MISSING = set(
    """
    accepting closing connecting debug _fileno _map addr_family family_and_type ignore_log_types log log_info add_channel
    del_channel set_socket connect handle_connect handle_connect_event handle_expt handle_expt_event handle_read_event
    handle_write handle_write_event out_buffer initiate_send num_sent ac_in_buffer ac_in_buffer_size ac_out_buffer
    ac_out_buffer_size producer_fifo use_encoding encoding incoming discard_buffers refill_buffer _collect_incoming_data
    _get_data
    """.split()
)


@dataclass
class Channels:
    """The classes of a file: the one listener; the channels, and those of them that are asynchat's."""

    listener: cst.ClassDef
    channels: list[cst.ClassDef] = field(default_factory=list)
    chats: list[cst.ClassDef] = field(default_factory=list)

    @property
    def all(self) -> list[cst.ClassDef]:
        return [self.listener, *self.channels]


def find(unit: Unit) -> Channels:
    """The classes of a file that are asyncore's. Raises Refused."""
    names, tree = unit.names, unit.tree
    owners = [each for each in tree.all(cst.ClassDef) if inherits(names, each, DISPATCHERS | CHATS)]
    listeners = [each for each in owners if any(names.find_method(each, name) is not None for name in ACCEPTS)]
    if len(listeners) != 1:
        where = listeners[1] if listeners else owners[0] if owners else tree.module
        raise Refused("framework-part", where, "there is not one class that accepts clients")
    found = Channels(listeners[0], [each for each in owners if each is not listeners[0]])
    found.chats = [each for each in found.channels if inherits(names, each, CHATS)]
    for owner in owners:
        if len(owner.bases) != 1 or owner.keywords or names.bases(owner):
            raise Refused("framework-part", owner, f"`{owner.name.value}` has other bases than asyncore's own")
    return found


def prepare(unit: Unit, found: Channels) -> None:
    """Look at what the classes override, and say what of it new code calls. Raises Refused."""
    for owner in found.all:
        own = methods(owner)
        refuse_methods(owner, MISSING | NOT_OVERRIDDEN, "is overridden, and is not called by new code")
        for name in READY & own.keys():
            _ready(unit, own[name], name)
        for name in NEW & own.keys():
            raise Refused("shared-code", own[name], f"the name `{name}` is needed for something else")
        for node in unit.tree.all(cst.Attribute):
            if unit.names.self_class(node.value) is owner and node.attr.value in MISSING | NEW | READY:
                raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
    unit.plain += [own for name, own in methods(found.listener).items() if name in ACCEPTS]
    for owner in found.channels:
        own = methods(owner)
        entry = "found_terminator" if owner in found.chats else "handle_read"
        for name in {entry, "collect_incoming_data"} - own.keys() if owner in found.chats else {entry} - own.keys():
            raise Refused("framework-part", owner, f"`{owner.name.value}` has no `{name}`")
        if owner in found.chats and "handle_read" in own:
            raise Refused("framework-part", own["handle_read"], "asynchat's own `handle_read` is overridden")
        for call in unit.tree.all(cst.Call):
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "set_terminator" and owner in found.chats:
                if unit.tree.within(call, own["collect_incoming_data"]):
                    raise Refused("framework-part", call, "the terminator changes while input is collected")
        unit.roots.append(own[entry])
        unit.plain += [own[name] for name in ("__init__", "collect_incoming_data", "handle_close", "handle_error") if name in own]
        if owner not in found.chats:
            _calls_always(unit, own[entry], {"recv"}, "what it does when it receives nothing")
        for name in {"handle_close", "handle_error"} & own.keys():
            _calls_always(unit, own[name], {"close", "close_when_done"} | ({"handle_close"} - {name}), "whether it closes")
    for name in {"handle_close", "handle_error"} & methods(found.listener).keys():
        raise Refused("framework-part", methods(found.listener)[name], f"the listener's `{name}` is not called any more")


def _ready(unit: Unit, method: cst.FunctionDef, name: str) -> None:
    """`readable` that says True, or `writable` that says False, goes: a task waits for what it asks for."""
    line = method.body.body[-1]
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None
    value = last.value if isinstance(last, cst.Return) else None
    alone = len(method.body.body) == 1 and not method.decorators
    wanted = {"True", "1"} if name == "readable" else {"False", "0"}
    if value is None or not alone or unit.tree.code(value) not in wanted:
        raise Refused("readiness-method", method, f"`{name}` does not say {'True' if name == 'readable' else 'False'} alone")
    unit.edits.remove(method)


def _calls_always(unit: Unit, method: cst.FunctionDef, wanted: set[str], text: str) -> None:
    """Refuse a method that does not call one of these on itself whatever happens: else a task would turn without waiting."""
    for call in unit.tree.all(cst.Call):
        function = call.func
        if not (isinstance(function, cst.Attribute) and function.attr.value in wanted and unit.tree.within(call, method)):
            continue
        between = []
        for above in unit.tree.ancestors(call):
            if above is method:
                break
            between.append(above)
        some = cst.If | cst.Else | cst.For | cst.ExceptHandler | cst.IfExp | cst.FunctionDef | cst.Lambda | cst.BooleanOperation
        if unit.names.self_class(function.value) is not None and not any(isinstance(above, some) for above in between):
            return
    raise Refused("framework-part", method, f"it cannot be seen in `{method.name.value}` {text}")


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
        accepted = isinstance(function, cst.FunctionDef) and function.name.value in ACCEPTS and names.self_class(node.value) is None
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
        if not (isinstance(producer, cst.Call) and unit.names.qualified(producer.func) == "asynchat.simple_producer" and producer.args):
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
