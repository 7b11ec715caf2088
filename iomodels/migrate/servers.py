"""The evidence of servers, and of what only waits: where connections go, what is waited for, what is inherited."""

import ast
import builtins
from collections.abc import Iterator

from iomodels.migrate.connections import Served, Way, acceptors, served
from iomodels.migrate.evidence import CONNECTS, DISPATCHERS, HANDLERS, Evidence, bound_in, holder, model_of_wait
from iomodels.migrate.finding import Kind, Model
from iomodels.migrate.hazards import leaves_loop, received_again
from iomodels.migrate.module import Class, Function, Module
from iomodels.migrate.polling import asked_again, datagrams
from iomodels.migrate.shapes import bound_names
from iomodels.migrate.waits import Wait, What, in_event_loop, waits

__all__ = ["accepting", "datagrams_taken", "inheriting", "waiting"]

WAYS = {
    Way.THREAD: (Model.THREADS, "a thread for each connection"),
    Way.FORK: (Model.FORK, "a forked child for each connection"),
    Way.PROCESS: (Model.FORK, "a process for each connection"),
    Way.POOL: (Model.THREAD_POOL, "connections go to a pool"),
    Way.QUEUE: (Model.THREAD_POOL, "connections go to workers through a queue"),
}


def accepting(module: Module) -> Iterator[Evidence]:
    """Who accepts, and serves in a way that can be told."""
    for one in served(module):
        model = _model_of(module, one)
        if model is not None:
            yield Evidence(holder(one.accept.function), Kind.SERVER, *model, one.accept)


def _model_of(module: Module, one: Served) -> tuple[Model, str, int] | None:
    """The model by which a connection is served, why, and how heavy that is."""
    line = f"(line {one.accept.node.lineno})"
    if one.way in WAYS:
        model, reason = WAYS[one.way]
        return model, f"{reason} {line}", 9
    if in_event_loop(module, one.accept):
        wait = next((wait for wait in waits(module) if wait.what in (What.LOOP, What.PAIR)), None)
        return (model_of_wait(wait), f"accepts when the listener is ready {line}", 8) if wait is not None else None
    if asked_again(module, one.accept):
        return Model.NONBLOCKING, f"accept is asked again and again {line}", 8
    several = acceptors(module, one.accept)
    if several is not None:
        forked = several[0] in (Way.FORK, Way.PROCESS)
        model = Model.PREFORK if forked else Model.THREAD_POOL
        return model, f"several {'processes' if forked else 'threads'} accept on one listener {line}", 9
    if one.way is Way.INLINE and one.loop is not None:
        return Model.BLOCKING, f"one connection after the other {line}", 7
    if one.way is Way.INLINE:
        return Model.BLOCKING, f"serves one connection, and no more {line}", 5
    if one.way is Way.KEPT and _keeps_one(module, one):
        return Model.BLOCKING, f"accepts one connection, and keeps it {line}", 4
    if one.way is Way.GIVEN and one.loop is not None:
        return Model.BLOCKING, f"accepts in a loop and hands each connection on {line}", 4
    return None


def _keeps_one(module: Module, one: Served) -> bool:
    """Whether one connection is accepted, for an attribute: not the other end of a pair that the same function connects."""
    if one.loop is not None and not (one.accept.loops and leaves_loop(module, one.accept)):
        return False
    if any(call.calls(*CONNECTS) and not datagrams(module, call) for call in one.accept.function.calls):
        return False
    return any(name.startswith("self.") for name in bound_names(one.accept))


def waiting(module: Module) -> Iterator[Evidence]:
    """Who waits for descriptors."""
    for wait in waits(module):
        line = f"(line {wait.call.node.lineno})"
        name = holder(wait.call.function)
        model = model_of_wait(wait)
        if wait.what is What.LOOP and wait.loop is not None and _calls_handlers(module, wait):
            yield Evidence(name, Kind.LOOP, Model.EVENT_LOOP, f"waits, and calls what was registered {line}", 6, wait.call)
        elif wait.what in (What.LOOP, What.PAIR) and wait.loop is not None:
            yield Evidence(name, Kind.WAITER, model, f"a loop round {_word(wait)} {line}", 6, wait.call)
        else:
            yield Evidence(name, Kind.WAITER, model, f"{_word(wait)} as a bounded wait {line}", 1, wait.call)


def _calls_handlers(module: Module, wait: Wait) -> bool:
    """Whether a loop calls functions that it has looked up, and does not accept itself."""
    if any(in_event_loop(module, one.accept) for one in served(module)):
        return False
    for call in wait.call.function.calls:
        looked_up = isinstance(call.node.func, ast.Name | ast.Subscript) and not call.names
        if wait.loop in call.loops and looked_up and not hasattr(builtins, call.last or " "):
            return True
    return False


def datagrams_taken(module: Module) -> Iterator[Evidence]:
    """Who takes datagrams in a loop, on an address of its own."""
    bound = bound_in(module)
    for call in module.called("socket.socket.recvfrom", "socket.socket.recvfrom_into"):
        if holder(call.function) in bound and not call.function.is_async and received_again(module, call):
            line = call.node.lineno
            yield Evidence(holder(call.function), Kind.SERVER, Model.UDP, f"takes datagrams in a loop (line {line})", 5, call)


def inheriting(module: Module) -> Iterator[Evidence]:
    """Classes that come from socketserver, asyncore and their kin."""
    for class_ in module.classes:
        above = module.ancestors(class_)
        if not above.isdisjoint(DISPATCHERS):
            kind = _kind_of_dispatcher(module, class_)
            base = next(base for base in reversed(DISPATCHERS) if base in above)
            yield Evidence(class_.qualname, kind, Model.ASYNCORE, f"is a {base}", 10)
        elif not above.isdisjoint(HANDLERS):
            base = next(base for base in HANDLERS if base in above)
            yield Evidence(class_.qualname, Kind.SERVER, Model.SOCKETSERVER, f"is a {base}", 10)


def _kind_of_dispatcher(module: Module, class_: Class) -> Kind:
    """A dispatcher that connects is a client; one that accepts, or is made for an accepted connection, a server."""
    family = [class_, *(owner for base in module.ancestors(class_) if (owner := module.class_of(base)) is not None)]
    calls = {
        name.rpartition(".")[2]
        for owner in family
        for method in owner.methods.values()
        for call in method.calls
        for name in call.names
    }
    methods = {name for owner in family for name, method in owner.methods.items() if not _is_stub(method)}
    if calls & {"listen", "accept"} or methods & {"handle_accept", "handle_accepted"}:
        return Kind.BOTH if "connect" in calls else Kind.SERVER
    return Kind.CLIENT if "connect" in calls or "handle_connect" in methods else Kind.SERVER


def _is_stub(method: Function) -> bool:
    """Whether a method does nothing, or says that it must not be called."""
    body = method.node.body if isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return all(
        isinstance(line, ast.Pass | ast.Raise | ast.Assert)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        or (isinstance(line, ast.Return) and line.value is None)
        for line in body
    )


def _word(wait: Wait) -> str:
    return model_of_wait(wait).value
