"""socketserver's UDPServer: one datagram after the other, and handlers that answer it."""

from collections.abc import Iterator, Sequence
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes import _datagram_texts as texts
from iomodels.migrate.rewrite.shapes._framework import (
    free_names,
    inherits,
    is_async,
    mentions,
    methods,
    refuse_methods,
    rename,
    renamed,
)
from iomodels.migrate.rewrite.shapes._handlers import check_calls, check_class
from iomodels.migrate.rewrite.shapes._making import is_handler
from iomodels.migrate.rewrite.shapes._running import check_run
from iomodels.migrate.rewrite.shapes._servers import CALLED, MISSING
from iomodels.migrate.rewrite.shapes._whole import as_one
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

SERVER, HANDLER, FILES = (f"socketserver.{name}" for name in ("UDPServer", "BaseRequestHandler", "DatagramRequestHandler"))
NEW_NAMES = {SERVER: texts.SERVER, HANDLER: texts.HANDLER, FILES: texts.FILES}
OTHERS = MISSING | CALLED | {"server_bind", "server_activate", "timeout"}
RAW = {"getsockname", "getsockopt", "setsockopt"}


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    found = mentions(tree, names, "socketserver")
    if any(name in {SERVER, FILES} for _, name in found):
        yield from as_one(tree, found, partial(_make, found=found))


def _make(unit: Unit, found: list[tuple[cst.BaseExpression, str]]) -> None:
    tree, names = unit.tree, unit.names
    called = free_names(tree, *NEW_NAMES.values())
    for node, name in found:
        if name not in NEW_NAMES or unit.options.concurrent:
            raise Refused("framework-part", node, f"`{name}` has no counterpart for datagrams")
        rename(unit, node, called[NEW_NAMES[name]])
    for owner in tree.all(cst.ClassDef):
        if inherits(names, owner, {SERVER}):
            refuse_methods(owner, OTHERS | {"serve_datagrams", "__init__"}, "is overridden, and has no counterpart")
    handlers = [each for each in tree.all(cst.ClassDef) if inherits(names, each, {HANDLER, FILES})]
    if not handlers or not any(name == SERVER for _, name in found):
        raise Refused("framework-part", found[0][0], "the server, or its handler, is not of this file")
    for owner in handlers:
        _handler(unit, owner)
    check_calls(unit, handlers)
    _check_servers(unit, handlers)
    conclude(unit)
    with_files = [methods(each)["handle"] for each in handlers if inherits(names, each, {FILES})]
    waits = {is_async(unit, function) for function in with_files}
    if len(waits) > 1:
        raise Refused("cannot-become-async", with_files[0], "`handle` awaits in some handlers only")
    entry = "run" if with_files else "handle"
    if with_files:
        unit.edits.need(renamed(texts.file_handler_helper(unit.table, waits=True in waits), called))
    if len(with_files) < len(handlers):
        unit.edits.need(renamed(texts.handler_helper(entry=entry), called))
    unit.edits.need(renamed(texts.server_helper(unit.table, entry=entry), called))
    unit.note(found[0][0], f"one datagram after the other, on {unit.table.library.value}")


def _handler(unit: Unit, owner: cst.ClassDef) -> None:
    """Say what new code calls of a handler, and let what it sends wait. Raises Refused."""
    own = methods(owner)
    check_class(unit, owner, {HANDLER, FILES})
    refuse_methods(owner, {"setup", "finish", "__init__"}, "is overridden, and has no counterpart for datagrams")
    if "handle" not in own or unit.names.bases(owner):
        raise Refused("framework-part", owner, f"`{owner.name.value}` has no `handle` of its own, or other bases")
    home = id(unit.names.root(owner))
    if inherits(unit.names, owner, {FILES}):
        unit.plain.append(own["handle"])
        used = [
            load for name in ("request", "packet", "socket") for load in unit.names.loads.get(Variable(home, name, True), [])
        ]
        if used:
            raise Refused("connection-escapes", used[0], f"`{unit.tree.code(used[0])}` has no counterpart beside the files")
        return
    unit.roots.append(own["handle"])
    for load in unit.names.loads.get(Variable(home, "request", attribute=True), []):
        socket = _socket_of(unit, load)
        variable = unit.names.variable(socket) if socket is not None and not isinstance(socket, cst.Subscript) else None
        if variable is not None:
            if len(unit.names.stores[variable]) != 1:
                raise Refused("connection-escapes", load, f"`{unit.tree.code(socket or load)}` holds something else as well")
            for use in unit.names.loads[variable]:
                _sends(unit, use)
        elif socket is not None:
            _sends(unit, socket)


def _socket_of(unit: Unit, load: cst.BaseExpression) -> cst.BaseExpression | None:
    """Where the socket in `self.request` goes: a variable, or `self.request[1]` itself; None where only the bytes are taken."""
    tree, parent = unit.tree, unit.tree.parent(load)
    assign: cst.CSTNode | None = parent
    index = tree.code(parent).removeprefix(tree.code(load)) if isinstance(parent, cst.Subscript) else ""
    if index == "[0]":
        return None
    if isinstance(parent, cst.Subscript) and index == "[1]":
        assign = tree.parent(parent)
        if isinstance(assign, cst.Attribute):
            return parent
    if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
        target: cst.CSTNode = assign.targets[0].target
        if isinstance(parent, cst.Assign) and isinstance(target, cst.Tuple) and len(target.elements) == 2:
            target = target.elements[1].value
        elif isinstance(parent, cst.Assign):
            target = parent
        if isinstance(target, cst.Name):
            return target
    raise Refused("connection-escapes", load, f"`{tree.code(load)}` goes where it cannot be followed")


def _sends(unit: Unit, socket: cst.BaseExpression) -> None:
    """`sock.sendto(data, address)` is awaited; options and names of a socket need no waiting."""
    tree, attribute = unit.tree, unit.tree.parent(socket)
    call = tree.parent(attribute) if isinstance(attribute, cst.Attribute) and attribute.value is socket else None
    if not isinstance(attribute, cst.Attribute) or not isinstance(call, cst.Call) or call.func is not attribute:
        raise Refused("connection-escapes", socket, f"`{tree.code(socket)}` goes where it cannot be followed")
    unit.consumed.add(id(call))
    if attribute.attr.value in RAW:
        return
    if attribute.attr.value != "sendto" or len(call.args) != 2 or any(arg.star or arg.keyword is not None for arg in call.args):
        raise Refused("connection-escapes", call, f"`{tree.code(call)}` has no counterpart")
    op, whole = texts.send_op(unit.table), tree.code(socket)
    unit.use(op, None, whole, "", "")

    def edit(updated: cst.Call) -> cst.BaseExpression:
        data, address = (tree.module.code_for_node(arg.value) for arg in updated.args)
        return unit.awaited(call, op.text.format(whole, data, address))

    unit.wait(call)
    unit.quiet.add(id(call))
    unit.edits.edit(call, "send", edit)


def _check_servers(unit: Unit, handlers: Sequence[cst.ClassDef]) -> None:
    """Look at how servers are made and run. Raises Refused."""
    for call in unit.tree.all(cst.Call):
        owner = unit.names.class_called(call.func)
        ours = owner is not None and inherits(unit.names, owner, {SERVER}) and unit.names.find_method(owner, "__init__") is None
        if ours or unit.names.qualified(call.func) == SERVER:
            if len(call.args) != 2 or any(arg.star or arg.keyword is not None for arg in call.args):
                raise Refused("framework-part", call, "how the server is made cannot be told")
            if not is_handler(unit, handlers, call.args[1].value):
                raise Refused("framework-part", call, "the handler is not seen to be one of this file")
    runs = 0
    for node in unit.tree.all(cst.Attribute):
        if node.attr.value == "serve_forever":
            run = unit.tree.parent(node)
            if not isinstance(run, cst.Call) or run.func is not node:
                raise Refused("server-stop", node, "the server runs in a thread, which others wait for")
            check_run(unit, run)
            runs += 1
        elif node.attr.value in OTHERS - {"fileno", "timeout"} | {"socket", "RequestHandlerClass"} and not unit.names.qualified(
            node
        ):
            raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
    if not runs:
        raise Refused("framework-part", unit.tree.module, "the server is not run in this file")


SHAPE = Shape("IOM113", "socketserver-udp", _recognise)
