"""The waits of a module, `select` and its kin: which of them are the heart of an event loop, and what runs in that loop."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from iomodels.migrate.module import Call, Function, Loop, Module, dotted
from iomodels.migrate.shapes import bound_names, callers, constant, elements_of, remembered, rounds, sync

__all__ = ["POLLERS", "SELECTORS", "Wait", "What", "driven", "in_event_loop", "loop_round", "waits", "waits_in"]

POLLERS = ("select.select", "select.poll.poll", "select.epoll.poll", "select.kqueue.control")
SELECTORS = "selectors.DefaultSelector"
MAKERS = ("select.poll", "select.epoll", SELECTORS)
WAKERS = ("pipe", "wake", "abort", "interrupt", "shutdown", "stop")


class What(StrEnum):
    """What is waited for."""

    ONE = "one"  # one descriptor: a timeout for the call that follows
    PAIR = "pair"  # two sockets that are copied into each other
    LOOP = "loop"  # several, or a set that changes: an event loop
    STEP = "step"  # what the arguments of its function say
    GLANCE = "glance"  # several, and nothing is done with those that are ready


@dataclass(frozen=True)
class Wait:
    """A wait. loop: the one that it stands in, here or in a caller; None when it is made once."""

    call: Call
    what: What
    loop: Loop | None


@remembered
def waits(module: Module) -> list[Wait]:
    """All waits in plain functions, in the order of the file."""
    calls = [call for call in sync(module.called(*POLLERS, f"{SELECTORS}.select")) if not _asks_nothing(call)]
    found = [Wait(call, _what(module, call), loop_round(module, call)) for call in calls]
    for step in [wait.call for wait in found if wait.what is What.STEP]:
        found += [Wait(up, _what_select(module, up), loop_round(module, up)) for up in callers(module, step.function)]
    return sorted(found, key=lambda wait: (wait.call.node.lineno, wait.call.node.col_offset))


def loop_round(module: Module, call: Call) -> Loop | None:
    """The innermost loop that makes the call again."""
    return next((loop for _, loop in rounds(module, call)), None)


def waits_in(module: Module, loop: ast.AST) -> bool:
    """Whether something is waited for in that loop."""
    return any(wait.loop is loop for wait in waits(module))


def in_event_loop(module: Module, call: Call) -> bool:
    """Whether only event loops of this module make the call: the nearest loops that lead to it are theirs."""
    loops, functions = driven(module)
    nearest = list(_nearest(module, call))
    if not nearest:
        return id(call.function) in functions
    return all(id(here.function) in functions or any(id(loop) in loops for loop in here.loops) for here in nearest)


def _nearest(module: Module, call: Call, steps: int = 3) -> Iterator[Call]:
    """The calls that stand in a loop and lead to this one, nearest first on each way."""
    seen = {id(call.function)}
    ahead = [(call, 0)]
    while ahead:
        here, depth = ahead.pop(0)
        if here.loops:
            yield here
        elif depth < steps:
            for up in callers(module, here.function):
                if id(up.function) not in seen:
                    seen.add(id(up.function))
                    ahead.append((up, depth + 1))


@remembered
def driven(module: Module) -> tuple[set[int], set[int]]:
    """What an event loop of this module runs: the ids of its loops, and those of the functions that are called in it."""
    loops: set[int] = set()
    functions: set[int] = set()
    for wait in waits(module):
        if wait.what is not What.LOOP:
            continue
        if wait.loop is not None:
            loops.add(id(wait.loop))
        _run_by(module, _calls_of_loop(module, wait), functions)
        if wait.call.function.yields:  # a generator waits, and the loop over it acts
            for up in callers(module, wait.call.function):
                if isinstance(up.statement, ast.For):
                    loops.add(id(up.statement))
                    _run_by(module, (call for call in up.function.calls if up.statement in call.loops), functions)
    for call in module.calls:  # callbacks are run by whoever they are registered with
        if call.last in ("register", "modify", "add_reader", "add_writer", "add_handler"):
            for argument in (*call.node.args[1:], *(keyword.value for keyword in call.node.keywords)):
                for name in module.value(argument, call.function):
                    callback = module.function_of(name)
                    if callback is not None:
                        functions.add(id(callback))
                        _run_by(module, callback.calls, functions)
    return loops, functions


def _calls_of_loop(module: Module, wait: Wait) -> Iterator[Call]:
    """The calls that are made in each round of the loop round a wait."""
    for call in wait.call.function.calls:
        if wait.loop is None or not wait.call.loops or wait.loop in call.loops:
            yield call
    for up, loop in rounds(module, wait.call):
        if loop is wait.loop and up is not wait.call:
            yield from (call for call in up.function.calls if loop in call.loops)


def _run_by(module: Module, calls: Iterator[Call] | list[Call], functions: set[int]) -> None:
    """Add the functions that are called, by name where it is not known on what."""
    ahead = list(calls)
    methods: dict[str, list[Function]] = {}
    for class_ in module.classes:
        for name, method in class_.methods.items():
            methods.setdefault(name, []).append(method)
    while ahead:
        call = ahead.pop()
        called: list[Function] = []
        for name in call.names:
            made = module.class_of(name)
            run = made.methods.get("__init__") if made is not None else module.function_of(name)
            called += [run] if run is not None else []
        if not call.names and call.receiver:
            called += methods.get(call.last, [])
        for function in called:
            if id(function) not in functions:
                functions.add(id(function))
                ahead += function.calls


# What a wait is for


def _what(module: Module, call: Call) -> What:
    if call.calls("select.select"):
        what = _what_select(module, call)
    elif call.calls("select.kqueue.control"):
        what = What.LOOP
    else:
        what = What.ONE if _registers_one(module, call) else What.LOOP
    # What is ready is not looked at, or only asked for in passing.
    return What.GLANCE if what is What.LOOP and (call.discarded or (_asks(call) and not call.loops)) else what


def _asks(call: Call) -> bool:
    """Whether its timeout is 0."""
    timeout = call.argument(3 if call.calls("select.select") else 0, "timeout")
    return timeout is not None and constant(timeout) in (0, 0.0)


def _what_select(module: Module, call: Call) -> What:
    sets = call.node.args[:3]
    names = {argument.arg for argument in call.function.parameters}
    if sets and all(_is_empty(part) or (isinstance(part, ast.Name) and part.id in names) for part in sets):
        return What.STEP
    parts = [elements_of(module, part, call.function) for part in sets]
    if None in parts:
        return What.LOOP
    watched = {ast.unparse(element): element for elements in parts for element in elements or ()}
    wakers = [name for name, element in watched.items() if _wakes(module, call, name, element)]
    if len(watched) - len(wakers) <= 1 and not any("listen" in name for name in watched):
        return What.ONE
    if len(watched) == 2 and _copies(module, call, list(watched.values())):
        return What.PAIR
    return What.LOOP


def _wakes(module: Module, call: Call, name: str, element: ast.expr) -> bool:
    """Whether it is a pipe that ends the wait, by what it is or what it is called."""
    return "@pipe" in module.value(element, call.function) or any(word in name.lower() for word in WAKERS)


def _is_empty(node: ast.expr) -> bool:
    return (isinstance(node, ast.List | ast.Tuple) and not node.elts) or (isinstance(node, ast.Constant) and node.value is None)


def _copies(module: Module, call: Call, pair: list[ast.expr]) -> bool:
    """Whether both are sockets, and what is received in the loop is sent in it."""
    if not all(
        "@socket.socket" in module.value(end, call.function) or module.value(end, call.function) <= {"?"} for end in pair
    ):
        return False
    if any(dotted(end).startswith("sys.") for end in pair):
        return False
    inside = list(call.function.calls)
    names = {name.rpartition(".")[2] for other in inside for name in (other.names or {f".{other.last}"})}
    return bool(names & {"recv", "read", "recv_into"}) and bool(names & {"send", "sendall", "write"})


def _registers_one(module: Module, call: Call) -> bool:
    """Whether the poller is given one descriptor, in the function that made it."""
    function, receiver = call.function, call.receiver
    parameters = [argument.arg for argument in function.parameters]
    if receiver in parameters:
        index = parameters.index(receiver) - (1 if function.is_method else 0)
        given = [(up, up.argument(index)) for up in callers(module, function)]
        return bool(given) and all(node is not None and _one(module, up.function, dotted(node)) for up, node in given)
    return _one(module, function, receiver)


def _one(module: Module, function: Function, receiver: str) -> bool:
    """Whether one descriptor is registered with a poller of that name, where it is made or where it waits, once."""
    calls = function.calls if receiver in function.names or not receiver else module.calls
    registered = [call for call in calls if call.last == "register" and call.receiver == (receiver or call.receiver)]
    if len(registered) != 1 or registered[0].loops:
        return False
    at = registered[0].function
    return at is function or any(call.calls(*MAKERS) and receiver in bound_names(call) for call in at.calls)


def _asks_nothing(call: Call) -> bool:
    """`kqueue.control(changes, 0)` changes what is watched, and waits for nothing."""
    events = call.argument(1)
    return call.calls("select.kqueue.control") and isinstance(events, ast.Constant) and events.value == 0
