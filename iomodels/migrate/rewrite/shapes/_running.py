"""How a file runs its socketserver's servers, and stops them, and what else it asks of them."""

import libcst as cst

from iomodels.migrate.rewrite.colour import reach
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.operations import RAW
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._apart import check_threads
from iomodels.migrate.rewrite.shapes._server_threads import ServerThread, thread_that_runs, threads_that_call
from iomodels.migrate.rewrite.shapes._servers import MISSING, PLAIN, THREADING, Servers
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["check_run", "examine_servers"]


def examine_servers(unit: Unit, servers: Servers, handlers: list[cst.ClassDef]) -> None:
    """Look at what is called on servers: how they run and are stopped. Raises Refused."""
    tree, names = unit.tree, unit.names
    if len(servers.owners) == 1:
        names.instances.update(
            {Variable(id(names.root(each)), "server", attribute=True): servers.owners[0] for each in handlers}
        )
    threads = _runs(unit, servers)
    for node in tree.all(cst.Attribute):
        call, method = tree.parent(node), node.attr.value
        is_call = isinstance(call, cst.Call) and call.func is node
        if method == "shutdown" and not (isinstance(call, cst.Call) and call.args and is_call):
            stop = _shutdown_of_thread if threads else _shutdown
            stop(unit, servers, node)
        elif method != "serve_forever" and _missing(unit, servers, node):
            raise Refused("framework-part", node, f"`{tree.code(node)}` may be the server's, and has no counterpart")
    if threads:
        check_threads(unit, servers, threads)


def _runs(unit: Unit, servers: Servers) -> list[ServerThread]:
    """Look at what runs servers. Returns the threads that do. Raises Refused."""
    tree = unit.tree
    runs = [node for node in tree.all(cst.Attribute) if node.attr.value == "serve_forever"]
    calls = [call for call in map(tree.parent, runs) if isinstance(call, cst.Call) and call.func in runs]
    threads = [thread_that_runs(unit, node) for node in runs if not any(call.func is node for call in calls)]
    if not runs:
        raise Refused("framework-part", tree.module, "the server is not run in this file")
    in_threads = [threads_that_call(unit, call) for call in calls]
    threads += [thread for each in in_threads for thread in each]
    if threads and not all(in_threads):
        raise Refused("server-stop", threads[0].made, "one server runs in a thread, another where it is called")
    for thread in threads:
        if not _is_server(unit, servers, thread.server):
            raise Refused("server-stop", thread.server, f"`{tree.code(thread.server)}` is not known to be a server")
    for call in calls:
        check_run(unit, call)
    unit.apart = bool(threads)
    return threads


def _missing(unit: Unit, servers: Servers, node: cst.Attribute) -> bool:
    """Whether an attribute may be one of a server's that the new one has not, or has in another form."""
    if unit.names.qualified(node) or unit.ends_of(node.value) is not None:
        return False
    match node.attr.value:
        case "fileno":
            return _is_server(unit, servers, node.value)
        case "socket":
            return not _asked(unit, node)
        case name:
            return name in MISSING - {"shutdown"} | {"RequestHandlerClass"}


def check_run(unit: Unit, call: cst.Call) -> None:
    """Take the interval away from `serve_forever`. Raises Refused for one in a coroutine."""
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
    server = _is_server(unit, servers, node.value)
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


def _shutdown_of_thread(unit: Unit, servers: Servers, node: cst.Attribute) -> None:
    """`server.shutdown()` waits until the loop accepts nobody, as it did; only the loop itself cannot wait for that."""
    tree = unit.tree
    if not _is_server(unit, servers, node.value):
        raise Refused("server-stop", node, f"`{tree.code(node)}`: `{tree.code(node.value)}` is not known to be a server")
    argument = tree.parent(node)
    thread = tree.parent(argument) if isinstance(argument, cst.Arg) else None
    if isinstance(thread, cst.Call) and unit.names.qualified(thread.func) == "threading.Thread":
        unit.consumed.update({id(thread), id(tree.parent(tree.parent(thread) or thread))})  # and its `start()`
    elif any(tree.within(node, place) for place in reach(unit)):
        raise Refused("server-stop", node, "what serves clients would wait for itself")
    servers.shutdown = True


def _is_server(unit: Unit, servers: Servers, node: cst.BaseExpression) -> bool:
    """Whether a value is a server of the file's class, or of the framework's."""
    values = unit.names.values(unit.names.variable(node))
    made = [isinstance(value, cst.Call) and unit.names.qualified(value.func) in {PLAIN, THREADING} for value in values]
    return unit.names.instance(node) in servers.owners or (bool(made) and all(made))


def _asked(unit: Unit, node: cst.Attribute) -> bool:
    """Whether a socket is only asked for its names and options: `self.socket.setsockopt(...)`."""
    method = unit.tree.parent(node)
    return isinstance(method, cst.Attribute) and method.attr.value in RAW - {"fileno"}
