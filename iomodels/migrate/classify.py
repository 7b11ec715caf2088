"""What each class, or the functions of a module, are: which model they wait by, and what for.

It rests on evidence, never on names: where an accepted connection goes, what is waited for, what is connected, what is
inherited.
"""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iomodels.migrate.connections import Served, Way, acceptors, served
from iomodels.migrate.finding import Kind, Model, Place, Unit
from iomodels.migrate.frameworks import defines, is_silent
from iomodels.migrate.module import Call, Class, Function, Module
from iomodels.migrate.polling import asked_again
from iomodels.migrate.shapes import reached, rounds
from iomodels.migrate.stay import stay
from iomodels.migrate.waits import Wait, What, in_event_loop, waits

__all__ = ["is_silent", "units"]

WAITERS = {
    "select.select": Model.SELECT,
    "select.poll.poll": Model.POLL,
    "select.epoll.poll": Model.EPOLL,
    "select.kqueue.control": Model.KQUEUE,
    "selectors.DefaultSelector.select": Model.SELECTORS,
}
WAYS = {
    Way.THREAD: (Model.THREADS, "a thread for each connection"),
    Way.FORK: (Model.FORK, "a forked child for each connection"),
    Way.PROCESS: (Model.FORK, "a process for each connection"),
    Way.POOL: (Model.THREAD_POOL, "connections go to a pool"),
    Way.QUEUE: (Model.THREAD_POOL, "connections go to workers through a queue"),
}
CONNECTS = ("socket.socket.connect", "socket.socket.connect_ex", "socket.create_connection")
DISPATCHERS = ("asyncore.dispatcher", "asynchat.async_chat", "smtpd.SMTPServer")
HANDLERS = (
    "socketserver.BaseRequestHandler",
    "socketserver.BaseServer",
    "socketserver.ThreadingMixIn",
    "socketserver.ForkingMixIn",
)


@dataclass(frozen=True)
class Evidence:
    """One thing that says what a unit is.

    holder: the class it was found in, or "". weight: of several models the one with the heaviest evidence is taken. call:
    which says so.
    """

    holder: str
    kind: Kind
    model: Model
    reason: str
    weight: int
    call: Call | None = None


def units(module: Module) -> Iterator[Unit]:
    """Every unit of a module that waits for sockets, in the order of the file."""
    framework = list(defines(module))
    if framework:
        for defined, reason in framework:
            model = Model.SOCKETSERVER if "socketserver" in reason else Model.ASYNCORE
            yield Unit(_place(module, defined), defined.qualname, Kind.FRAMEWORK, model, (reason,))
        return
    evidence = [one for looked in LOOKS for one in looked(module)]
    for name, group in sorted(_grouped(module, evidence).items(), key=lambda item: _line(module, item[0])):
        yield _unit(module, name, group)


def _unit(module: Module, name: str, group: list[Evidence]) -> Unit:
    """What the evidence of one unit comes to."""
    kinds = {one.kind for one in group}
    heaviest = max(group, key=lambda one: one.weight)
    kind = heaviest.kind
    if {Kind.SERVER, Kind.CLIENT} <= kinds:
        kind = Kind.BOTH
    elif Kind.CLIENT in kinds and heaviest.kind in (Kind.WAITER, Kind.LOOP):  # it waits for what it has connected
        kind, heaviest = Kind.CLIENT, max((one for one in group if one.kind is not Kind.LOOP), key=lambda one: one.weight)
    reasons = dict.fromkeys(one.reason for one in sorted(group, key=lambda one: -one.weight))
    holder = module.by_qualname.get(name, module.top)
    calls = [one.call for one in group if one.call is not None]
    return Unit(
        _place(module, holder), name, kind, heaviest.model, tuple(reasons)[:3], stay(module, heaviest.model, kind, calls)
    )


def _grouped(module: Module, evidence: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    """The evidence by unit: a class is one, and so are functions that call each other; the module is, where all of its do."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    alone: list[tuple[set[str], list[Evidence]]] = []  # functions that belong together, the first of them named
    for one in evidence:
        if one.holder:
            found[one.holder].append(one)
            continue
        function = one.call.function if one.call is not None else module.top
        near = {each.qualname for each in _near(module, function)}
        for names, group in alone:
            if function.qualname in names or any(
                other.call is not None and other.call.function.qualname in near for other in group
            ):
                names |= near
                group.append(one)
                break
        else:
            alone.append((near, [one]))
    for names, group in alone:
        homes = {_outermost(one.call.function if one.call is not None else module.top) for one in group}
        alike = len(homes) == 1 or (len(alone) > 1 and "" not in names)  # one function, or one group of several
        found[next(iter(homes)) if alike and len(homes) == 1 else _first(group) if alike else ""] += group
    return found


def _first(group: Iterable[Evidence]) -> str:
    """The function in which the heaviest evidence of a group was found."""
    heaviest = max(group, key=lambda one: one.weight)
    return _outermost(heaviest.call.function) if heaviest.call is not None else ""


def _near(module: Module, function: Function) -> Iterator[Function]:
    """A function, those that it calls, and those that it has called by threads and the like."""
    for each in reached(module, function):
        yield each
        for call in each.calls:
            for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
                if isinstance(argument, ast.Name | ast.Attribute):
                    for name in module.value(argument, each):
                        given = module.function_of(name)
                        if given is not None:
                            yield from reached(module, given)


def _outermost(function: Function) -> str:
    """The name of the module's function that a function is in."""
    return function.qualname.partition(".")[0]


def _accepting(module: Module) -> Iterator[Evidence]:
    for one in served(module):
        model = _model_of(module, one)
        if model is not None:
            yield Evidence(_holder(one.accept.function), Kind.SERVER, *model, one.accept)


def _model_of(module: Module, one: Served) -> tuple[Model, str, int] | None:
    """The model by which a connection is served, why, and how heavy that is."""
    line = f"(line {one.accept.node.lineno})"
    if one.way in WAYS:
        model, reason = WAYS[one.way]
        return model, f"{reason} {line}", 9
    if in_event_loop(module, one.accept):
        wait = next((wait for wait in waits(module) if wait.what in (What.LOOP, What.PAIR)), None)
        return (_model(wait), f"accepts when the listener is ready {line}", 8) if wait is not None else None
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
    if one.way is Way.GIVEN and one.loop is not None:
        return Model.BLOCKING, f"accepts in a loop and hands each connection on {line}", 4
    return None


def _waiting(module: Module) -> Iterator[Evidence]:
    for wait in waits(module):
        line = f"(line {wait.call.node.lineno})"
        name = _holder(wait.call.function)
        model = _model(wait)
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


def _connecting(module: Module) -> Iterator[Evidence]:
    for call in module.called(*CONNECTS):
        if not call.function.is_async:
            yield Evidence(_holder(call.function), Kind.CLIENT, Model.BLOCKING, f"connects (line {call.node.lineno})", 3, call)


def _datagrams(module: Module) -> Iterator[Evidence]:
    bound = {_holder(call.function) for call in module.called("socket.socket.bind")}
    for call in module.called("socket.socket.recvfrom", "socket.socket.recvfrom_into"):
        name = _holder(call.function)
        if name in bound and not call.function.is_async and next(rounds(module, call), None) is not None:
            yield Evidence(name, Kind.SERVER, Model.UDP, f"takes datagrams in a loop (line {call.node.lineno})", 5, call)

    for call in module.called("socket.socket.sendto"):
        if _holder(call.function) not in bound and not call.function.is_async:
            line = call.node.lineno
            yield Evidence(_holder(call.function), Kind.CLIENT, Model.UDP, f"sends datagrams (line {line})", 3, call)


def _inheriting(module: Module) -> Iterator[Evidence]:
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
    methods = {name for owner in family for name in owner.methods}
    if calls & {"listen", "accept"} or methods & {"handle_accept", "handle_accepted"}:
        return Kind.BOTH if "connect" in calls else Kind.SERVER
    return Kind.CLIENT if "connect" in calls or "handle_connect" in methods else Kind.SERVER


def _model(wait: Wait) -> Model:
    names: Iterable[str] = wait.call.names
    return next((WAITERS[name] for name in names if name in WAITERS), Model.SELECT)


def _word(wait: Wait) -> str:
    return _model(wait).value


def _holder(function: Function) -> str:
    """The outermost class that a function is in, or "" for the module."""
    class_: Module | Class | Function = function
    name = ""
    while not isinstance(class_, Module):
        if isinstance(class_, Class):
            name = class_.qualname
        class_ = class_.parent
    return name


def _line(module: Module, name: str) -> int:
    holder = module.by_qualname.get(name) if name else None
    return getattr(holder.node, "lineno", 0) if holder is not None else 0


def _place(module: Module, thing: Class | Function) -> Place:
    if isinstance(thing.node, ast.Module):
        return Place(module.path, 1, 1, 1, 1)
    line = thing.node.lineno
    return Place(module.path, line, thing.node.col_offset + 1, line, len(module.lines[line - 1].rstrip()) + 1)


LOOKS = (_accepting, _waiting, _connecting, _datagrams, _inheriting)
