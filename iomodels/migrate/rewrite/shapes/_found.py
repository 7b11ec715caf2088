"""An event loop by readiness: its one wait, the `while` round it, what is watched, and who listens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["POLLERS", "SELECTORS", "Found", "accepted_as", "accepting", "bounds", "is_listener", "waits"]

POLLERS = {"select.poll", "select.epoll", "select.devpoll"}
LISTENERS = {"socket.socket", "socket.create_server"}
SELECTORS = {f"selectors.{kind}Selector" for kind in ("Default", "Select", "Poll", "Epoll", "Devpoll", "Kqueue")}


@dataclass(frozen=True)
class Found:
    """An event loop.

    call: the wait. loop: the `while`. host: the block that has the wait, of the loop or of the function that it calls.
    kind: "select", "poll" (epoll too) or "selectors". poller: the object that is asked, None for select.select. accept: the
    one `accept`.
    """

    call: cst.Call
    kind: str
    loop: cst.While
    host: cst.IndentedBlock
    poller: Variable | None
    accept: cst.Call


def waits(tree: Tree, names: Names, kinds: set[str]) -> Iterator[Found | Refused]:
    """The event loops of a file that serve: with one wait and one `accept`. More than one of either is refused."""
    accepts = accepting(tree, names)
    calls = [
        (call, *told)
        for call in tree.all(cst.Call)
        if (told := _kind(names, call)) is not None and told[0] in kinds and not bounds(tree, names, call, accepts)
    ]
    looping = [each for each in calls if _loop(tree, names, each[0]) is not None]
    if not looping or not accepts:
        return  # no server: a wait for one socket, a relay
    if len(looping) > 1 or len(calls) > 1:
        yield Refused("odd-event-loop", calls[1][0], "there is more than one wait")
    elif len(accepts) > 1:
        yield Refused("odd-event-loop", accepts[1], "there is more than one `accept`")
    else:
        call, kind, poller = looping[0]
        place = _loop(tree, names, call)
        assert place is not None
        yield Found(call, kind, *place, poller, accepts[0])


def bounds(tree: Tree, names: Names, call: cst.Call, accepts: Sequence[cst.Call]) -> bool:
    """Whether a call waits for one socket that does not accept: a time limit for the receive behind it, and no event loop."""
    if names.qualified(call.func) != "select.select" or not call.args:
        return False
    listed = call.args[0].value
    if not isinstance(listed, cst.List | cst.Tuple) or len(listed.elements) != 1:
        return False
    watched = _origin(tree, names, listed.elements[0].value)
    listeners = [each.func.value for each in accepts if isinstance(each.func, cst.Attribute)]
    return bool(watched) and all(watched.isdisjoint(_origin(tree, names, each)) for each in listeners)


def accepting(tree: Tree, names: Names) -> list[cst.Call]:
    """The calls of a socket's `accept`."""
    return [
        call
        for call in tree.all(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept" and not call.args
        if names.function(call.func) is None
    ]


def accepted_as(tree: Tree, found: Found) -> cst.BaseExpression | None:
    """What a new connection is called where it is accepted: `connection, address = listener.accept()`."""
    assign = tree.parent(found.accept)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) else None
    return target.elements[0].value if isinstance(target, cst.Tuple) else None


def _kind(names: Names, call: cst.Call) -> tuple[str, Variable | None] | None:
    if names.qualified(call.func) == "select.select":
        return "select", None
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in {"poll", "select"}:
        return None
    variable = names.variable(call.func.value)
    values = names.values(variable)
    made = {names.qualified(value.func) for value in values if isinstance(value, cst.Call)}
    if variable is None or len(values) != 1 or len(names.stores[variable]) != 1:
        return None
    if made <= POLLERS and made and call.func.attr.value == "poll":
        return "poll", variable
    return ("selectors", variable) if made and made <= SELECTORS and call.func.attr.value == "select" else None


def _loop(tree: Tree, names: Names, call: cst.Call) -> tuple[cst.While, cst.IndentedBlock] | None:
    """The loop of a wait, and the block that the wait belongs to."""
    function = tree.function(call)
    for above in tree.ancestors(call):
        if isinstance(above, cst.While) and tree.function(above) is function and isinstance(above.body, cst.IndentedBlock):
            return above, above.body
    if not isinstance(function, cst.FunctionDef) or not isinstance(function.body, cst.IndentedBlock):
        return None
    callers = [each for each in tree.all(cst.Call) if names.function(each.func) is function]
    if len(callers) != 1:
        return None
    line = tree.statement(callers[0])
    block = tree.parent(line)
    loop = tree.parent(block) if block is not None else None
    alone = isinstance(block, cst.IndentedBlock) and len(block.body) == 1 and isinstance(tree.parent(callers[0]), cst.Expr)
    return (loop, function.body) if alone and isinstance(loop, cst.While) else None


def is_listener(tree: Tree, names: Names, found: Found, node: cst.BaseExpression) -> bool:
    """Whether an expression is the listening socket: what `accept` is called on, or the only one made."""
    assert isinstance(found.accept.func, cst.Attribute)
    origin, accepts = _origin(tree, names, node), _origin(tree, names, found.accept.func.value)
    if (origin & accepts) - {None}:
        return True
    made = [call for call in tree.all(cst.Call) if names.qualified(call.func) in LISTENERS]
    return None in origin and len(made) == 1


def _origin(tree: Tree, names: Names, node: cst.BaseExpression, depth: int = 4) -> set[Variable | int | None]:
    """The variables that a value may come from, and the calls that made it; None for a call that makes a socket."""
    if isinstance(node, cst.Call):
        return {id(node), *((None,) if names.qualified(node.func) in LISTENERS else ())}
    variable = names.variable(node)
    if variable is None:
        return set()
    found: set[Variable | int | None] = {variable}
    for store in names.stores[variable]:
        if store.value is not None and depth:
            found |= _origin(tree, names, store.value, depth - 1)
    return found
