"""A server of socketserver that runs in a thread of its own: that stays, and the loop of the library runs in it."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.blocking import may_block
from iomodels.migrate.rewrite.colour import called, reach
from iomodels.migrate.rewrite.of_threads import nobody_looks
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._closed_before import closed_before_end, closes, quiet_line
from iomodels.migrate.rewrite.shapes._server_threads import ServerThread, begun_by_thread
from iomodels.migrate.rewrite.shapes._servers import Servers
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["check_threads"]


def check_threads(unit: Unit, servers: Servers, threads: Sequence[ServerThread]) -> None:
    """Refuse what would tell the loop in its thread, and its tasks, from a thread for each client."""
    nobody_looks(unit)
    _look_at_locks(unit)
    if unit.concurrent and not servers.threads:
        raise Refused("server-stop", threads[0].made, "its one client ended with its thread; many would go on after it")
    for thread in threads:
        daemon, function = _is_daemon(unit, thread), unit.tree.function(thread.made)
        if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
            raise Refused("server-stop", thread.made, "a coroutine starts it, which has a loop of its own")
        if not thread.starts or any(unit.tree.within(each, place) for each in thread.starts for place in reach(unit)):
            raise Refused("server-stop", thread.made, "where the server's thread is started cannot be told")
        if not unit.concurrent:
            continue
        if servers.daemon and not daemon and servers.shutdown:
            raise Refused(
                "server-stop", thread.made, "clients, which ended with the program, would keep the thread: it is no daemon"
            )
        if not servers.daemon and daemon and not all(closed_before_end(unit, thread.server, each) for each in thread.starts):
            raise Refused(
                "server-stop",
                thread.made,
                "the end of the program waited for clients' threads; `with server:` round this would wait for them",
            )
        if not servers.daemon and servers.unjoined:
            raise Refused("server-stop", thread.made, "`block_on_close` is off: `server_close` would wait for clients")
        if servers.shutdown:
            for join in thread.joins:
                _join(unit, servers, thread, join)


def _is_daemon(unit: Unit, thread: ServerThread) -> bool:
    """Raises Refused unless the thread is, or is not, whatever happens."""
    if any(_block(unit, place) is not _block(unit, thread.made) for place, _ in thread.daemon):
        raise Refused("server-stop", thread.made, "whether the server's thread is a daemon depends")
    if not thread.daemon and begun_by_thread(unit, thread.made):
        raise Refused("server-stop", thread.made, "it is a daemon when the thread is that makes it")
    return thread.daemon[-1][1] if thread.daemon else False


def _block(unit: Unit, node: cst.CSTNode) -> cst.CSTNode:
    """What a statement is one of."""
    blocks = (cst.IndentedBlock, cst.SimpleStatementSuite)
    return next((above for above in unit.tree.ancestors(node) if isinstance(above, blocks)), unit.tree.module)


def _join(unit: Unit, servers: Servers, thread: ServerThread, join: cst.Call) -> None:
    """After `shutdown` the thread had ended; now it ends with its clients: `join` goes, or comes after `server_close`."""
    tree = unit.tree
    statement = tree.statement(join)
    block = tree.parent(statement)
    if isinstance(tree.parent(join), cst.Expr) and isinstance(block, cst.IndentedBlock | cst.Module):
        before = block.body[: next(index for index, each in enumerate(block.body) if each is statement)]
        for line in reversed(before):
            if closes(unit, line, thread.server) and not servers.daemon:
                return
            if closes(unit, line, thread.server, "shutdown"):
                unit.edits.remove(tree.parent(join) or join)
                unit.note(join, "`join` has nothing to wait for: `shutdown` has waited; the thread lives until its clients end")
                return
            if not quiet_line(unit, line):
                break
    raise Refused("server-stop", join, "the server's thread lives until its clients end; `shutdown` does not come right before")


def _look_at_locks(unit: Unit) -> None:
    """Refuse a lock that others hold for long: a client waited for it alone, and would let all wait."""
    tree, names = unit.tree, unit.names
    reached = reach(unit)
    entered = [(with_, _last_name(item.item)) for with_ in tree.all(cst.With) for item in with_.items]
    by_clients = [any(tree.within(with_, place) for place in reached) for with_, _ in entered]
    used = {name for (_, name), here in zip(entered, by_clients, strict=True) if here and name}
    for (with_, name), here in zip(entered, by_clients, strict=True):
        if here or name not in used:
            continue
        places = [with_.body, *called(tree, names, [with_.body])]
        for call in tree.all(cst.Call):
            if any(tree.within(call, place) for place in places) and may_block(unit, call):
                raise Refused("may-block", call, f"`{tree.code(call.func)}` may block, and holds a lock that clients wait for")
    for call in tree.all(cst.Call):
        match call.func:
            case cst.Attribute(value=lock, attr=cst.Name("acquire")) if _last_name(lock) in used:
                raise Refused(
                    "may-block", call, f"how long `{tree.code(lock)}` is held, for which clients wait, cannot be told"
                )


def _last_name(node: cst.BaseExpression) -> str:
    """What a lock is called wherever it is kept: `lock` of `self.server.lock`."""
    name = node.attr if isinstance(node, cst.Attribute) else node
    return name.value if isinstance(name, cst.Name) else ""
