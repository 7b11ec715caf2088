"""Servers of socketserver: what the file makes of them, sets on them, overrides, and how it runs and stops them."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import assigned, inherits, methods, refuse_methods, rename, super_call
from iomodels.migrate.rewrite.shapes._server_texts import IN_TURN, TASKS
from iomodels.migrate.rewrite.thread_class import truth
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["CALLED", "MISSING", "Servers", "check_run", "examine_servers", "prepare_servers"]

PLAIN, THREADING, MIXIN = (f"socketserver.{name}" for name in ("TCPServer", "ThreadingTCPServer", "ThreadingMixIn"))
MISSING = {
    "handle_request", "service_actions", "process_request", "process_request_thread", "finish_request", "shutdown_request",
    "close_request", "get_request", "handle_timeout", "serve_forever", "shutdown", "fileno", "allow_reuse_port", "max_children",
}  # fmt: skip
NEW = {"accept_clients", "serve_client", "wait_for_shutdown"}
ABOUT_THREADS = {"daemon_threads", "block_on_close"}
CALLED = {"verify_request", "handle_error"}


@dataclass
class Servers:
    """threads: whether each client had a thread. daemon: whether they ended with the program. owners: the classes of the file.
    methods: those of its methods that new code calls. shutdown: whether the file calls it."""

    threads: bool
    daemon: bool = False
    shutdown: bool = False
    owners: list[cst.ClassDef] = field(default_factory=list)
    methods: list[cst.FunctionDef] = field(default_factory=list)


def prepare_servers(unit: Unit, found: list[tuple[cst.BaseExpression, str]]) -> Servers:
    """Let new code's server take the place of the framework's, in its uses and as a base. Raises Refused."""
    names, tree = unit.names, unit.tree
    used = [(node, name) for node, name in found if name in {PLAIN, THREADING, MIXIN}]
    if not used:
        raise Refused("framework-part", found[0][0], "no server is made in this file")
    servers = Servers(threads=any(name != PLAIN for _, name in used))
    servers.owners = [each for each in tree.all(cst.ClassDef) if inherits(names, each, {PLAIN, THREADING, MIXIN})]
    name = TASKS if servers.threads or unit.options.concurrent else IN_TURN
    for owner in servers.owners:
        _bases(unit, owner, name)
        _class(unit, servers, owner)
    for node, qualified in used:
        if id(node) in unit.consumed:
            continue
        if qualified == MIXIN or (qualified == PLAIN and servers.threads and not _is_setting(unit, node) and not super_init(unit, node)):
            raise Refused("framework-part", node, "servers with threads, and without, are made in this file")
        rename(unit, node, name)
    for node in tree.all(cst.Attribute):
        if node.attr.value in ABOUT_THREADS:
            _setting(unit, servers, node)
    return servers


def super_init(unit: Unit, node: cst.BaseExpression) -> bool:
    """Whether a class is named to call its method with `self`."""
    call = unit.tree.parent(unit.tree.parent(node) or node)
    return isinstance(call, cst.Call) and super_call(unit, call)


def _is_setting(unit: Unit, node: cst.BaseExpression) -> bool:
    attribute = unit.tree.parent(node)
    return isinstance(attribute, cst.Attribute) and isinstance(unit.tree.parent(attribute), cst.AssignTarget)


def _bases(unit: Unit, owner: cst.ClassDef, name: str) -> None:
    """Let the new server be the base of a class: one for `ThreadingMixIn, TCPServer`."""
    bases = [unit.names.qualified(base.value) for base in owner.bases]
    if not any(bases):
        return  # of another class of the file
    if bases not in ([PLAIN], [THREADING], [MIXIN, PLAIN]) or owner.keywords:
        raise Refused("framework-part", owner, f"what `{owner.name.value}` makes of its bases cannot be told")
    unit.consumed.update(id(base.value) for base in owner.bases)
    base = cst.Arg(cst.Name(name))
    unit.edits.edit(owner, "bases", lambda updated: updated.with_changes(bases=[base]))
    if bases == [PLAIN] and name == TASKS and not unit.options.concurrent:
        raise Refused("framework-part", owner, "servers with threads, and without, are made in this file")


def _class(unit: Unit, servers: Servers, owner: cst.ClassDef) -> None:
    refuse_methods(owner, MISSING, "is overridden, and has no counterpart")
    own, values = methods(owner), assigned(owner)
    for name in NEW & own.keys():
        raise Refused("shared-code", own[name], f"the name `{name}` is needed for something else")
    for name in MISSING & values.keys() | {"timeout", "max_packet_size", "socket_type"} & values.keys():
        raise Refused("framework-part", values[name], f"`{name}` has no counterpart")
    for name in ABOUT_THREADS & values.keys():
        servers.daemon |= truth(values[name].value) and name == "daemon_threads"
        unit.edits.remove(values[name])
    servers.methods += [own[name] for name in CALLED if name in own]
    unit.plain += [own[name] for name in CALLED if name in own]
    for name in CALLED & own.keys():
        _only_options(unit, own[name])


def _only_options(unit: Unit, method: cst.FunctionDef) -> None:
    """What `verify_request` and `handle_error` get is the socket; they may ask it, and not receive or send."""
    params = method.params.params
    if len(params) != 3 or method.decorators:
        raise Refused("framework-part", method, f"what `{method.name.value}` takes cannot be told")
    variable = unit.names.variable(params[1].name)
    for load in unit.names.loads.get(variable, []) if variable is not None else []:
        attribute = unit.tree.parent(load)
        call = unit.tree.parent(attribute) if isinstance(attribute, cst.Attribute) else unit.tree.parent(unit.tree.parent(load) or load)
        asked = isinstance(attribute, cst.Attribute) and attribute.attr.value in {"getpeername", "getsockname", "getsockopt", "setsockopt"}
        if not isinstance(call, cst.Call) or not (asked or super_call(unit, call)) or (asked and method.name.value == "handle_error"):
            raise Refused("connection-escapes", load, f"`{method.name.value}` uses the connection itself")
        unit.consumed.add(id(call))


def _setting(unit: Unit, servers: Servers, node: cst.Attribute) -> None:
    """`server.daemon_threads = True`."""
    target = unit.tree.parent(node)
    statement = unit.tree.parent(target) if isinstance(target, cst.AssignTarget) else None
    if not isinstance(statement, cst.Assign):
        raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
    servers.daemon |= truth(statement.value) and node.attr.value == "daemon_threads"
    unit.edits.remove(statement)


def examine_servers(unit: Unit, servers: Servers, handlers: list[cst.ClassDef]) -> None:
    """Look at what is called on servers: how they run and are stopped. Raises Refused."""
    tree, names = unit.tree, unit.names
    if len(servers.owners) == 1:
        names.instances.update({Variable(id(names.root(each)), "server", attribute=True): servers.owners[0] for each in handlers})
    runs = []
    for node in tree.all(cst.Attribute):
        call, method = tree.parent(node), node.attr.value
        is_call = isinstance(call, cst.Call) and call.func is node
        if method == "serve_forever":
            if not isinstance(call, cst.Call) or not is_call:
                raise Refused("server-stop", node, "the server runs in a thread, which others wait for")
            runs.append(call)
            check_run(unit, call)
        elif method == "shutdown" and not (isinstance(call, cst.Call) and call.args and is_call):
            _shutdown(unit, servers, node)
        elif method in MISSING - {"shutdown", "fileno"} and unit.ends_of(node.value) is None and not names.qualified(node):
            raise Refused("framework-part", node, f"`{tree.code(node)}` has no counterpart")
    if not runs:
        raise Refused("framework-part", tree.module, "the server is not run in this file")


def check_run(unit: Unit, call: cst.Call) -> None:
    function = unit.tree.function(call)
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        raise Refused("framework-part", call, "it runs in a coroutine function already")
    if call.args:
        unit.edits.edit(call, "no interval", lambda updated: updated.with_changes(args=()))
        unit.note(call, "`serve_forever` has no interval: it does not poll")


def _shutdown(unit: Unit, servers: Servers, node: cst.Attribute) -> None:
    """`Thread(target=server.shutdown).start()`: nobody waits for that, so it may be called where it stands."""
    tree, names = unit.tree, unit.names
    argument = tree.parent(node)
    thread = tree.parent(argument) if isinstance(argument, cst.Arg) else None
    start = tree.parent(thread) if thread is not None else None
    call = tree.parent(start) if start is not None else None
    server = names.instance(node.value) in servers.owners or _made(unit, node.value)
    alone = isinstance(thread, cst.Call) and names.qualified(thread.func) == "threading.Thread" and len(thread.args) == 1
    started = isinstance(start, cst.Attribute) and start.attr.value == "start" and isinstance(call, cst.Call) and not call.args
    if not (server and alone and started and isinstance(tree.parent(call or node), cst.Expr)):
        raise Refused("server-stop", node, f"`{tree.code(node)}` waits until the server has stopped, or is not known to be one")
    if not unit.concurrent:
        raise Refused("server-stop", node, "it let the conversation of the moment end first")
    servers.shutdown = True
    assert isinstance(call, cst.Call)
    unit.consumed.update({id(call), id(thread)})
    unit.edits.replace(call, cst.parse_expression(f"{tree.code(node.value)}.shutdown()"))
    unit.note(node, "`shutdown` does not wait, and needs no thread")


def _made(unit: Unit, node: cst.BaseExpression) -> bool:
    """Whether a value is a server of the framework's own class."""
    values = unit.names.values(unit.names.variable(node))
    return bool(values) and all(
        isinstance(value, cst.Call) and unit.names.qualified(value.func) in {PLAIN, THREADING} for value in values
    )
