"""socketserver: its servers become a class that accepts in a loop of the library, its handlers' `handle` a coroutine."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.colour import reach
from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow_all
from iomodels.migrate.rewrite.excepts import looked_at_by
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.of_threads import run_by_ctrl_c
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._framework import free_names, is_async, mentions, rename, renamed
from iomodels.migrate.rewrite.shapes._handler_texts import handler_helper
from iomodels.migrate.rewrite.shapes._handlers import follow_files, prepare_handlers
from iomodels.migrate.rewrite.shapes._making import binds_later, check_making
from iomodels.migrate.rewrite.shapes._running import examine_servers
from iomodels.migrate.rewrite.shapes._server_texts import server_helper
from iomodels.migrate.rewrite.shapes._server_words import HANDLER, IN_TURN, TASKS, Needs
from iomodels.migrate.rewrite.shapes._servers import prepare_servers
from iomodels.migrate.rewrite.shapes._whole import as_one
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

MODULE = "socketserver"
HANDLERS = {f"{MODULE}.BaseRequestHandler", f"{MODULE}.StreamRequestHandler"}
DATAGRAMS = {f"{MODULE}.{name}" for name in ("UDPServer", "ThreadingUDPServer", "DatagramRequestHandler")}
ENDS = {"builtins.SystemExit", "builtins.KeyboardInterrupt", "builtins.GeneratorExit"}
FORKING = {f"{MODULE}.{name}" for name in ("ForkingMixIn", "ForkingTCPServer", "ForkingUDPServer")}
_CLOSING = "; `server_close` ends that loop where nobody called `shutdown`, and Ctrl-C, while it waits, the clients"


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    found = mentions(tree, names, MODULE)
    if forking := [node for node, name in found if name in FORKING]:
        yield from as_one(tree, found, partial(_refuse, node=forking[0]))
    elif found and not any(name in DATAGRAMS for _, name in found):
        yield from as_one(tree, found, partial(_make, found=found))


def _refuse(_: Unit, node: cst.CSTNode) -> None:
    raise Refused("process-per-client", node, "a process is started for each client")


def _make(unit: Unit, found: list[tuple[cst.BaseExpression, str]]) -> None:
    names = free_names(unit.tree, HANDLER, TASKS, IN_TURN)
    servers = prepare_servers(unit, found, names)
    for node, name in found:
        if name in HANDLERS:
            rename(unit, node, names[HANDLER])
        elif id(node) not in unit.consumed:
            raise Refused("framework-part", node, f"`{name}` has no counterpart")
    unit.concurrent = servers.threads or unit.options.concurrent
    handlers = prepare_handlers(unit, HANDLERS)
    requests = [Variable(id(root), name, attribute=True) for root in handlers.roots for name in ("request", "connection")]
    ends = unit.new_ends(requests[0])
    unit.ends.update(dict.fromkeys(requests, ends))
    rfile = follow_files(unit, handlers, ends)
    follow_all(unit)
    if unit.seconds != handlers.seconds and (
        len(handlers.roots) > 1 or any(name.endswith("StreamRequestHandler") for _, name in found)
    ):
        raise Refused(
            "time-limit", found[0][0], "the time limit holds for files of the connection, too, or for one handler alone"
        )
    examine_servers(unit, servers, handlers.owners)
    check_making(unit, servers, handlers.owners)
    conclude(unit)
    for method in servers.methods:
        if method.name.value == "handle_error":
            looked_at_by(unit, method)
    needs = Needs(
        concurrent=unit.concurrent,
        daemon=servers.daemon,
        shutdown=servers.shutdown,
        verify=any(each.name.value == "verify_request" for each in unit.plain),
        guarded=any(each.name.value == "handle_error" for each in unit.plain),
        ends=ends,
        rfile=rfile,
        seconds=handlers.seconds,
        setup=_how(unit, handlers.setups),
        finish=_how(unit, handlers.finishes),
        activate=binds_later(unit, servers),
        apart=unit.apart,
    )
    if unit.concurrent:
        _raises(unit)
    for function in servers.methods:
        if is_async(unit, function):
            raise Refused("cannot-become-async", function, f"`{function.name.value}` is called without being awaited")
    unit.edits.need(renamed(handler_helper(unit.table, needs), names))
    unit.edits.need(renamed(server_helper(unit.table, needs), names))
    how = "a task for each client" if unit.concurrent else "one client at a time"
    more = ""
    if unit.apart:
        more = f"; its loop runs in the server's thread{_CLOSING if needs.joined else ''}"
    elif servers.threads:
        ended = "; Ctrl-C ends those too that are being served"
        more = run_by_ctrl_c(unit, finish=bool(handlers.finishes)) if servers.daemon else ended
    for root in handlers.roots:
        unit.note(root, f"a handler of socketserver: `handle` is a coroutine, {how}, on {unit.table.library.value}{more}")
    if unit.concurrent and not servers.threads:
        unit.note(found[0][0], "what served one client at a time serves many")


def _raises(unit: Unit) -> None:
    """Refuse what would end the server where it ended a thread alone."""
    reached = reach(unit)
    for node in unit.tree.all(cst.Raise):
        kind = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if kind is not None and unit.names.qualified(kind) in ENDS and any(unit.tree.within(node, each) for each in reached):
            raise Refused("thread-is-used", node, f"`{unit.tree.code(node)}` ends a thread, and would end the server")


def _how(unit: Unit, functions: list[cst.FunctionDef]) -> str | None:
    """How functions of one name are called: with `await `, plainly, or, where there are none, not at all. Raises Refused."""
    if not functions:
        return None
    waits = {is_async(unit, function) for function in functions}
    if len(waits) > 1:
        raise Refused("cannot-become-async", functions[0], f"`{functions[0].name.value}` awaits in some handlers only")
    return "await " if waits.pop() else ""


SHAPE = Shape("IOM113", "socketserver-handler", _recognise)
