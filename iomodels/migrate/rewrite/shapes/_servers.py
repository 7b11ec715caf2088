"""Servers of socketserver: what the file makes of them, sets on them, and overrides."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import (
    assigned,
    drop,
    inherits,
    methods,
    only_assigned,
    refuse_methods,
    rename,
    super_call,
)
from iomodels.migrate.rewrite.shapes._server_words import IN_TURN, TASKS
from iomodels.migrate.rewrite.thread_class import truth
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["CALLED", "MISSING", "PLAIN", "THREADING", "Servers", "prepare_servers"]

PLAIN, THREADING, MIXIN = (f"socketserver.{name}" for name in ("TCPServer", "ThreadingTCPServer", "ThreadingMixIn"))
MISSING = {
    "handle_request", "service_actions", "process_request", "process_request_thread", "finish_request", "shutdown_request",
    "close_request", "get_request", "handle_timeout", "serve_forever", "shutdown", "fileno", "allow_reuse_port", "max_children",
}  # fmt: skip
NEW = {"accept_clients", "serve_client", "wait_for_shutdown"}
ABOUT_THREADS = {"daemon_threads", "block_on_close"}
SETTINGS = {
    *ABOUT_THREADS,
    *MISSING - {"serve_forever", "shutdown"},
    "timeout",
    "max_packet_size",
    "socket_type",
    "address_family",
}
CALLED = {"verify_request", "handle_error"}
OPTIONS = {"getpeername", "getsockname", "getsockopt", "setsockopt"}


@dataclass
class Servers:
    """threads: whether each client had a thread. daemon: whether they ended with the program. owners: the classes of the file.
    methods: those of its methods that new code calls. shutdown: whether the file calls it.
    unjoined: whether `server_close` did not wait for the threads of clients."""

    threads: bool
    daemon: bool = False
    shutdown: bool = False
    unjoined: bool = False
    owners: list[cst.ClassDef] = field(default_factory=list)
    methods: list[cst.FunctionDef] = field(default_factory=list)


def prepare_servers(unit: Unit, found: list[tuple[cst.BaseExpression, str]], called: dict[str, str]) -> Servers:
    """Let new code's server take the place of the framework's, in its uses and as a base. Raises Refused."""
    names, tree = unit.names, unit.tree
    used = [(node, name) for node, name in found if name in {PLAIN, THREADING, MIXIN}]
    if not used:
        raise Refused("framework-part", found[0][0], "no server is made in this file")
    servers = Servers(threads=any(name != PLAIN for _, name in used))
    servers.owners = [each for each in tree.all(cst.ClassDef) if inherits(names, each, {PLAIN, THREADING, MIXIN})]
    concurrent = servers.threads or unit.options.concurrent
    name = called[TASKS if concurrent else IN_TURN]
    for owner in servers.owners:
        _bases(unit, owner, name, threads=servers.threads)
        _class(unit, servers, owner)
    for node, qualified in used:
        if id(node) in unit.consumed:
            continue
        if qualified == MIXIN or (
            qualified == PLAIN and servers.threads and not _is_setting(unit, node) and not _is_super(unit, node)
        ):
            raise Refused("framework-part", node, "servers with threads, and without, are made in this file")
        rename(unit, node, name)
    for node in tree.all(cst.Attribute):
        if node.attr.value in ABOUT_THREADS:
            _setting(unit, servers, node)
    return servers


def _is_super(unit: Unit, node: cst.BaseExpression) -> bool:
    """Whether a class is named to call its method with `self`."""
    call = unit.tree.parent(unit.tree.parent(node) or node)
    return isinstance(call, cst.Call) and super_call(unit, call)


def _is_setting(unit: Unit, node: cst.BaseExpression) -> bool:
    attribute = unit.tree.parent(node)
    return isinstance(attribute, cst.Attribute) and isinstance(unit.tree.parent(attribute), cst.AssignTarget)


def _bases(unit: Unit, owner: cst.ClassDef, name: str, *, threads: bool) -> None:
    """Let the new server be the base of a class: one for `ThreadingMixIn, TCPServer`."""
    bases = [unit.names.qualified(base.value) for base in owner.bases]
    if not any(bases) and len(bases) == 1:
        return  # of another class of the file
    if bases not in ([PLAIN], [THREADING], [MIXIN, PLAIN]) or owner.keywords:
        raise Refused("framework-part", owner, f"what `{owner.name.value}` makes of its bases cannot be told")
    unit.consumed.update(id(base.value) for base in owner.bases)
    base = cst.Arg(cst.Name(name))
    unit.edits.edit(owner, "bases", lambda updated: updated.with_changes(bases=[base]))
    if bases == [PLAIN] and threads and not unit.options.concurrent:
        raise Refused("framework-part", owner, "servers with threads, and without, are made in this file")


def _class(unit: Unit, servers: Servers, owner: cst.ClassDef) -> None:
    refuse_methods(owner, MISSING, "is overridden, and has no counterpart")
    own, values = methods(owner), assigned(owner)
    only_assigned(unit, owner, SETTINGS, SETTINGS - ABOUT_THREADS)
    for name in NEW & own.keys():
        raise Refused("shared-code", own[name], f"the name `{name}` is needed for something else")
    for name in MISSING & values.keys() | {"timeout", "max_packet_size", "socket_type"} & values.keys():
        raise Refused("framework-part", values[name].statement, f"`{name}` has no counterpart")
    family = values.get("address_family")
    if family is not None and not unit.names.qualified(family.value).startswith("socket.AF_INET"):
        raise Refused("framework-part", family.statement, f"`{unit.tree.code(family.statement)}`: only TCP has a counterpart")
    for name in ABOUT_THREADS & values.keys():
        _told(servers, name, values[name].value)
        drop(unit, owner, values[name].statement)
    servers.methods += [own[name] for name in CALLED if name in own]
    unit.plain += [own[name] for name in CALLED if name in own]
    for name in CALLED & own.keys():
        _only_options(unit, own[name])


def _told(servers: Servers, name: str, value: cst.BaseExpression) -> None:
    servers.daemon |= truth(value) and name == "daemon_threads"
    servers.unjoined |= not truth(value) and name == "block_on_close"


def _only_options(unit: Unit, method: cst.FunctionDef) -> None:
    """What `verify_request` and `handle_error` get is the socket; they may ask it, and not receive or send."""
    tree, params = unit.tree, method.params.params
    if len(params) != 3 or method.decorators:
        raise Refused("framework-part", method, f"what `{method.name.value}` takes cannot be told")
    variable = unit.names.variable(params[1].name)
    for load in unit.names.loads.get(variable, []) if variable is not None else []:
        parent = tree.parent(load)
        call = tree.parent(parent) if parent is not None else None
        asked = isinstance(parent, cst.Attribute) and parent.attr.value in OPTIONS and method.name.value == "verify_request"
        if not isinstance(call, cst.Call) or not (asked or (isinstance(parent, cst.Arg) and super_call(unit, call))):
            raise Refused("connection-escapes", load, f"`{method.name.value}` uses the connection itself")
        unit.consumed.add(id(call))


def _setting(unit: Unit, servers: Servers, node: cst.Attribute) -> None:
    """`server.daemon_threads = True`."""
    target = unit.tree.parent(node)
    statement = unit.tree.parent(target) if isinstance(target, cst.AssignTarget) else None
    if not isinstance(statement, cst.Assign):
        raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
    _told(servers, node.attr.value, statement.value)
    unit.edits.remove(statement)
