"""Where a file makes servers of socketserver: with which handler, and whether they bind at once."""

from collections.abc import Iterator, Sequence

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import super_call
from iomodels.migrate.rewrite.shapes._servers import PLAIN, THREADING, Servers
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["binds_later", "check_making", "is_handler"]


def _makings(unit: Unit, servers: Servers) -> Iterator[tuple[cst.Call, bool]]:
    """Each call that makes a server, or is the framework's `__init__`, and whether that gets the arguments as they are."""
    for call in unit.tree.all(cst.Call):
        owner = unit.names.class_called(call.func)
        if owner in servers.owners and owner is not None:
            yield call, unit.names.find_method(owner, "__init__") is None
        elif unit.names.qualified(call.func) in {PLAIN, THREADING} or _handed_over(unit, servers, call):
            yield call, True


def _handed_over(unit: Unit, servers: Servers, call: cst.Call) -> bool:
    method = unit.tree.method(call)
    named = method is not None and method.name.value == "__init__" and unit.tree.class_of(method) in servers.owners
    return named and super_call(unit, call)


def binds_later(unit: Unit, servers: Servers) -> bool:
    """Whether a server is told not to bind when it is made."""
    for call, _ in _makings(unit, servers):
        given = [arg for arg in _given(unit, call) if not arg.star]
        if len(given) > 2 or any(arg.keyword is not None and arg.keyword.value == "bind_and_activate" for arg in given):
            return True
    return False


def check_making(unit: Unit, servers: Servers, handlers: Sequence[cst.ClassDef]) -> None:
    """Refuse a server whose handler is not one of the file's."""
    for call, direct in _makings(unit, servers):
        given = _given(unit, call)
        handler = [arg.value for arg in given if arg.keyword is not None and arg.keyword.value == "RequestHandlerClass"]
        handler += [arg.value for arg in given[1:2] if arg.keyword is None and not arg.star]
        if direct and not handler and not any(arg.star for arg in given):
            raise Refused("framework-part", call, "it cannot be seen which handler the server gets")
        for value in handler if direct else [arg.value for arg in given]:
            known = is_handler(unit, handlers, value)
            if known is False or (known is None and direct and not super_call(unit, call)):
                raise Refused("framework-part", value, f"`{unit.tree.code(value)}` is not seen to be a handler of this file")


def _given(unit: Unit, call: cst.Call) -> list[cst.Arg]:
    """The arguments of a call, without `self`."""
    return [arg for arg in call.args if arg.star or unit.names.self_class(arg.value) is None or call.args.index(arg) > 0]


def is_handler(unit: Unit, handlers: Sequence[cst.ClassDef], node: cst.BaseExpression) -> bool | None:
    """Whether a value is a handler of the file; False when it is a class that is none, None when it cannot be told."""
    if isinstance(node, cst.IfExp):
        both = {is_handler(unit, handlers, node.body), is_handler(unit, handlers, node.orelse)}
        return both.pop() if len(both) == 1 else False
    if isinstance(node, cst.Call) and unit.names.qualified(node.func) == "functools.partial" and node.args:
        return is_handler(unit, handlers, node.args[0].value)
    owner, name = unit.names.class_called(node), unit.names.qualified(node)
    if owner is not None or name:
        last = name.rpartition(".")[2]
        return owner in handlers or (None if owner is not None or last.isupper() or last.islower() else False)
    values = unit.names.values(unit.names.variable(node))
    known = {is_handler(unit, handlers, value) for value in values if value is not node}
    return known.pop() if len(known) == 1 else None
