"""What a wait is for: one descriptor, a pair of sockets, or the many of an event loop."""

import ast
from enum import StrEnum

from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.shapes import bound_names, callers, constant, elements_of, rounds

__all__ = ["POLLERS", "SELECTORS", "What", "asks_nothing", "sets_given", "what_is_selected", "what_of"]

POLLERS = ("select.select", "select.poll.poll", "select.epoll.poll", "select.kqueue.control")
SELECTORS = "selectors.DefaultSelector"
MAKERS = ("select.poll", "select.epoll", SELECTORS)
SHORT = 0.05  # seconds
WAKERS = ("pipe", "pair", "wake", "abort", "interrupt", "shutdown", "stop")


class What(StrEnum):
    """What is waited for."""

    ONE = "one"  # one descriptor: a timeout for the call that follows
    PAIR = "pair"  # two sockets that are copied into each other
    LOOP = "loop"  # several, or a set that changes: an event loop
    STEP = "step"  # what the arguments of its function say
    GLANCE = "glance"  # several, and nothing is done with those that are ready


def what_of(module: Module, call: Call) -> What:
    """What a call of one of the pollers, or of a selector's select, waits for."""
    if call.calls("select.select"):
        what = what_is_selected(module, call, call.node.args[:3])
    elif call.calls("select.kqueue.control"):
        what = What.LOOP
    else:
        what = What.ONE if _registers_one(module, call) else What.LOOP
    # What is ready is not looked at, or only asked for in passing.
    return What.GLANCE if what is What.LOOP and (call.discarded or _asks(module, call)) else what


def _asks(module: Module, call: Call) -> bool:
    """Whether it only asks: its timeout is 0 and it stands in no loop, or next to nothing and no loop of this file makes it,
    so that a timer of another may.
    """
    timeout = constant(call.argument(3 if call.calls("select.select") else 0, "timeout"))
    if call.loops or not isinstance(timeout, int | float):
        return False
    return timeout == 0 or (timeout <= SHORT and next(rounds(module, call), None) is None)


def what_is_selected(module: Module, call: Call, sets: list[ast.expr]) -> What:
    """What a select waits for. sets: its three lists, or those that are empty left out."""
    names = {argument.arg for argument in call.function.parameters}
    passed = all(_is_empty(part) or (isinstance(part, ast.Name) and part.id in names) for part in sets)
    if sets and passed and isinstance(call.statement, ast.Return):
        return What.STEP
    parts = [elements_of(module, part, call.function) for part in sets]
    if None in parts:
        return What.LOOP
    watched = {ast.unparse(element): element for elements in parts for element in elements or ()}
    wakers = [name for name, element in watched.items() if _wakes(module, call, name, element)]
    if len(watched) <= 1 or (len(watched) - len(wakers) == 1 and not any("listen" in name for name in watched)):
        return What.ONE
    if len(watched) == 2 and _copies(module, call, list(watched.values())):
        return What.PAIR
    return What.LOOP


def _wakes(module: Module, call: Call, name: str, element: ast.expr) -> bool:
    """Whether it is a pipe that ends the wait, by what it is or what it is called."""
    return "@pipe" in module.value(element, call.function) or any(word in name.lower() for word in WAKERS)


def sets_given(step: Call, call: Call) -> list[ast.expr] | None:
    """The lists that a call gives to the function which passes them on to a select; None where that cannot be told."""
    parameters = [argument.arg for argument in step.function.parameters[1 if step.function.is_method else 0 :]]
    given = [call.argument(parameters.index(part.id), part.id) for part in step.node.args[:3] if isinstance(part, ast.Name)]
    return None if None in given else [part for part in given if part is not None]


def _is_empty(node: ast.expr) -> bool:
    return (isinstance(node, ast.List | ast.Tuple) and not node.elts) or (isinstance(node, ast.Constant) and node.value is None)


def _copies(module: Module, call: Call, pair: list[ast.expr]) -> bool:
    """Whether both are sockets, and what is received in the loop is sent in it."""
    for end in pair:
        values = module.value(end, call.function)
        wrappers = [class_ for value in values if (class_ := module.class_of(value)) is not None]
        if not values & {"@socket.socket", "?"} and not any(each.methods.keys() & {"recv", "fileno"} for each in wrappers):
            return False
    made = {other.last for other in call.function.calls}
    return bool(made & {"recv", "read", "recv_into"}) and bool(made & {"send", "sendall", "write"})


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
    """Whether one descriptor is registered with a poller of that name: where it is made or where it waits, once; or an
    attribute of the class whose poller it is, in one place.
    """
    local = receiver in function.names or not receiver
    named = [call for call in (function.calls if local else module.calls) if call.receiver == (receiver or call.receiver)]
    if receiver.startswith("self."):
        named = [call for call in named if call.function.class_ is function.class_]
    registered = [call for call in named if call.last == "register"]
    here = [call for call in registered if call.function is function]
    if len(here) == 1 and any(call.last == "unregister" and call.function is function for call in named):
        registered = here  # for the time of this wait
    if len(registered) != 1 or registered[0].loops:
        return False
    at = registered[0].function
    own = receiver.startswith("self.") and dotted(registered[0].argument(0) or registered[0].node).startswith("self.")
    return own or at is function or any(call.calls(*MAKERS) and receiver in bound_names(call) for call in at.calls)


def asks_nothing(call: Call) -> bool:
    """`kqueue.control(changes, 0)` changes what is watched, and waits for nothing."""
    events = call.argument(1)
    return call.calls("select.kqueue.control") and isinstance(events, ast.Constant) and events.value == 0
