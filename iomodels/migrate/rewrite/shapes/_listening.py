"""The listener of asyncore: where it makes channels, and where the loop is run."""

from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._channels import ACCEPTS, Channels
from iomodels.migrate.rewrite.shapes._framework import named_before, one_of, super_call
from iomodels.migrate.rewrite.shapes._listener_texts import SERVE, START
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert_loop", "convert_starts"]

RAW = {"getpeername", "getsockname", "getsockopt", "setsockopt", "close"}
INDIFFERENT = {"timeout", "use_poll"}  # arguments of loop() that change how it polls


def convert_starts(unit: Unit, found: Channels) -> None:
    """Where `handle_accepted` makes a channel, let a task serve it: `self.start(Channel(sock))`. Raises Refused."""
    tree, names = unit.tree, unit.names
    made = [call for call in tree.all(cst.Call) if names.class_called(call.func) in found.channels]
    if not made:
        raise Refused("framework-part", found.listener, "it cannot be seen where a client's channel is made")
    for call in made:
        function = tree.function(call)
        inside = (
            isinstance(function, cst.FunctionDef)
            and tree.class_of(function) is found.listener
            and function.name.value in ACCEPTS
        )
        if not inside:
            raise Refused("framework-part", call, "a channel is made where no client is accepted")
        assert isinstance(function, cst.FunctionDef)
        own = function.params.params[0].name.value
        unit.edits.edit(call, "start", partial(_start, own))
    for function in unit.plain:
        if function.name.value in ACCEPTS and tree.class_of(function) is found.listener:
            _accepted(unit, found, function)
    for owner in found.all:
        _constructors(unit, found, owner)


def _start(own: str, made: cst.Call) -> cst.Call:
    return cst.Call(cst.Attribute(cst.Name(own), cst.Name(START)), [cst.Arg(made)])


def _accepted(unit: Unit, found: Channels, function: cst.FunctionDef) -> None:
    """Refuse a listener that does more with a client's socket than to set options and to hand it to a channel."""
    if function.name.value == "handle_accept":
        _asks(unit, function)
        return
    if len(function.params.params) != 3:
        raise Refused("framework-part", function, f"what `{function.name.value}` takes cannot be told")
    _only_handed(unit, found, function.params.params[1].name)


def _asks(unit: Unit, function: cst.FunctionDef) -> None:
    """`pair = self.accept()` comes once in `handle_accept`."""
    tree, names = unit.tree, unit.names
    asked = [
        node for node in tree.all(cst.Attribute) if node.attr.value == "accept" and names.self_class(node.value) is not None
    ]
    if len(asked) != 1 or not tree.within(asked[0], function) or not isinstance(tree.parent(asked[0]), cst.Call):
        raise Refused("framework-part", function, "`accept` is not called once, and here")
    for node in tree.all(cst.Attribute):
        sends = node.attr.value in {"send", "sendall", "recv", "settimeout", "setblocking", "makefile"}
        if sends and tree.within(node, function) and not names.qualified(node):
            raise Refused("connection-escapes", node, f"`{tree.code(node)}` may be the client's socket")


def _only_handed(unit: Unit, found: Channels, parameter: cst.Name) -> None:
    tree, names = unit.tree, unit.names
    variable = names.variable(parameter)
    for load in names.loads.get(variable, []) if variable is not None else []:
        parent = tree.parent(load)
        above = tree.parent(parent) if parent is not None else None
        given = isinstance(parent, cst.Arg) and isinstance(above, cst.Call) and names.class_called(above.func) in found.channels
        asked = isinstance(parent, cst.Attribute) and parent.attr.value in RAW and isinstance(above, cst.Call)
        if not given and not asked:
            raise Refused("connection-escapes", load, f"`{tree.code(load)}` goes where it cannot be followed")


def _constructors(unit: Unit, found: Channels, owner: cst.ClassDef) -> None:
    """Refuse an `__init__` that hands asyncore more than the socket, or a channel that does not hand it over."""
    tree = unit.tree
    init = unit.names.find_method(owner, "__init__")
    calls = [call for call in tree.all(cst.Call) if init is not None and tree.within(call, init) and super_call(unit, call)]
    for call in calls:
        given = [arg for arg in call.args if unit.names.self_class(arg.value) is not owner or arg.keyword is not None]
        known = all(not arg.star and (arg.keyword is None or arg.keyword.value == "sock") for arg in given)
        if not known or len(given) != (0 if owner is found.listener else 1):
            raise Refused("framework-part", call, f"`{tree.code(call)}`: a map of one's own has no counterpart")
    if init is not None and len(calls) != 1 and owner is not found.listener:
        raise Refused("framework-part", init, "`__init__` does not hand over the socket")


def convert_loop(unit: Unit, found: Channels, loops: list[cst.BaseExpression]) -> None:
    """Let `asyncore.loop()` run the listener. Raises Refused."""
    tree = unit.tree
    call = tree.parent(loops[0]) if len(loops) == 1 else None
    if not isinstance(call, cst.Call) or call.func is not loops[0] or not isinstance(tree.parent(call), cst.Expr):
        raise Refused("framework-part", found.listener, "`asyncore.loop()` is not called once in this file")
    for index, arg in enumerate(call.args):
        name = (
            arg.keyword.value
            if arg.keyword is not None
            else ["timeout", "use_poll", "map", "count"][index]
            if index < 4
            else ""
        )
        if name not in INDIFFERENT or arg.star:
            raise Refused("framework-part", call, f"`{tree.code(call)}`: only timeout and use_poll make no difference")
    function = tree.function(call)
    if isinstance(function, cst.FunctionDef) and tree.class_of(function) is found.listener and function.params.params:
        one_of(unit, found.listener)
        server = function.params.params[0].name.value
    else:
        _, server = named_before(unit, found.listener, call)
    unit.consumed.update({id(call), id(loops[0])})
    unit.edits.replace(call, cst.parse_expression(unit.use(unit.table.run, None, f"{server}.{SERVE}")))
