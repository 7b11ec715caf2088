"""Channels of asyncore and asynchat: which there are, what they override, and what they call on themselves."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.operations import RAW
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import assigned, drop, inherits, methods, refuse_methods
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["ACCEPTS", "CHATS", "DISPATCHERS", "WAITS", "Channels", "find", "prepare"]

DISPATCHERS = {"asyncore.dispatcher", "asyncore.dispatcher_with_send"}
CHATS = {"asynchat.async_chat"}
ACCEPTS = {"handle_accept", "handle_accepted"}
WAITS = {"recv", "send", "push", "push_with_producer"}
READY = {"readable", "writable"}
NEW = {"serve", "start", "serve_clients", "take", "input", "tasks", "accepted", "reader", "writer", "stream"}
NOT_OVERRIDDEN = WAITS | {
    "accept",
    "bind",
    "close",
    "close_when_done",
    "create_socket",
    "listen",
    "set_reuse_addr",
    "set_terminator",
}
_MISSING = """
accepting closing connecting debug _fileno _map addr_family family_and_type ignore_log_types log log_info add_channel
del_channel set_socket connect handle_connect handle_connect_event handle_expt handle_expt_event handle_read_event handle_write
handle_write_event out_buffer initiate_send num_sent ac_in_buffer ac_in_buffer_size ac_out_buffer ac_out_buffer_size
producer_fifo use_encoding encoding incoming discard_buffers refill_buffer _collect_incoming_data _get_data
"""
MISSING = set(_MISSING.split())
OF_BASE = {"__init__", "close", "handle_close", "handle_error"}  # what a method of the same name may call of the framework's


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
        for name in READY & methods(owner).keys():
            _ready(unit, owner, methods(owner)[name])
    for owner in found.all:
        own = methods(owner)
        refuse_methods(owner, MISSING | NOT_OVERRIDDEN, "is overridden, and is not called by new code")
        for name in NEW & own.keys():
            raise Refused("shared-code", own[name], f"the name `{name}` is needed for something else")
        for name in (MISSING | NEW | READY | NOT_OVERRIDDEN) & assigned(owner).keys():
            raise Refused("framework-part", assigned(owner)[name].statement, f"`{name}` has no counterpart")
        for node in unit.tree.all(cst.Attribute):
            _attribute(unit, owner, node)
    unit.plain += [own for name, own in methods(found.listener).items() if name in ACCEPTS]
    for owner in found.channels:
        own = methods(owner)
        entry = "found_terminator" if owner in found.chats else "handle_read"
        for name in {entry, "collect_incoming_data"} - own.keys() if owner in found.chats else {entry} - own.keys():
            raise Refused("framework-part", owner, f"`{owner.name.value}` has no `{name}`")
        if owner in found.chats and "handle_read" in own:
            raise Refused("framework-part", own["handle_read"], "asynchat's own `handle_read` is overridden")
        for call in unit.tree.all(cst.Call):
            sets = isinstance(call.func, cst.Attribute) and call.func.attr.value == "set_terminator"
            if sets and owner in found.chats and unit.tree.within(call, own["collect_incoming_data"]):
                raise Refused("framework-part", call, "the terminator changes while input is collected")
        unit.roots.append(own[entry])
        unit.plain += [
            own[name] for name in ("__init__", "collect_incoming_data", "handle_close", "handle_error") if name in own
        ]
        if owner not in found.chats:
            _receives_once(unit, owner, own[entry])
        for name in {"handle_close", "handle_error"} & own.keys():
            _calls_always(unit, own[name], {"close", "close_when_done"} | ({"handle_close"} - {name}), "whether it closes")
    for name in {"handle_close", "handle_error"} & methods(found.listener).keys():
        raise Refused("framework-part", methods(found.listener)[name], f"the listener's `{name}` is not called any more")


def _attribute(unit: Unit, owner: cst.ClassDef, node: cst.Attribute) -> None:
    """Refuse what a class takes of asyncore, by `self`, of its socket, or of a base, and new code does not have."""
    tree, names, name = unit.tree, unit.names, node.attr.value
    outer = tree.parent(node)
    own = names.self_class(node.value) is owner
    missing = own and name in MISSING | NEW | READY
    missing |= own and name == "socket" and not (isinstance(outer, cst.Attribute) and outer.attr.value in RAW)
    base = names.qualified(node.value) in DISPATCHERS | CHATS or (
        isinstance(node.value, cst.Call) and names.qualified(node.value.func) == "builtins.super"
    )
    missing |= base and name not in OF_BASE
    if missing:
        raise Refused("framework-part", node, f"`{tree.code(node)}` has no counterpart")


def _ready(unit: Unit, owner: cst.ClassDef, method: cst.FunctionDef) -> None:
    """`readable` that says True, or `writable` that says False, goes: a task waits for what it asks for."""
    line, wanted = method.body.body[-1], "True" if method.name.value == "readable" else "False"
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None
    value = last.value if isinstance(last, cst.Return) else None
    alone = len(method.body.body) == 1 and not method.decorators
    if value is None or not alone or unit.tree.code(value) not in {wanted, str(int(wanted == "True"))}:
        raise Refused("readiness-method", method, f"`{method.name.value}` does not say {wanted} alone")
    drop(unit, owner, method)


def _receives_once(unit: Unit, owner: cst.ClassDef, method: cst.FunctionDef) -> None:
    """Refuse a `handle_read` that may not receive, and would turn without waiting, or receives again: it would wait there."""
    _calls_always(unit, method, {"recv"}, "that it receives")
    calls = [
        node
        for node in unit.tree.all(cst.Attribute)
        if node.attr.value == "recv" and unit.names.self_class(node.value) is owner
    ]
    again = [above for above in unit.tree.ancestors(calls[0]) if isinstance(above, cst.While | cst.For | cst.CompFor)]
    if len(calls) > 1 or again:
        raise Refused("framework-part", calls[-1], "it receives again, which asyncore answered by BlockingIOError")


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
