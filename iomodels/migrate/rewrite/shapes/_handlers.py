"""Handlers of socketserver: which there are, and what they do with their request and its files."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite import files, operations
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._framework import assigned, drop, inherits, methods, only_assigned, super_call
from iomodels.migrate.rewrite.shapes._limited import limit
from iomodels.migrate.rewrite.unit import Ends, Unit

__all__ = ["Handlers", "check_calls", "check_class", "follow_files", "prepare_handlers"]

ENTRIES = {"setup", "handle", "finish"}
NEW = {"run", "client_address", "server"}
BESIDE = {*operations.RAW, "shutdown", "close", "send", "sendall"}  # what may be done with a connection that has a file
FILES = {"rbufsize": "-1", "wbufsize": "0"}  # what they must be, where they are set
SETTINGS = {*FILES, "timeout", "disable_nagle_algorithm"}


@dataclass
class Handlers:
    """owners: their classes. roots: the topmost of them. setups, finishes: what they define. seconds: their `timeout`."""

    owners: list[cst.ClassDef]
    roots: list[cst.ClassDef] = field(default_factory=list)
    seconds: str = ""
    setups: list[cst.FunctionDef] = field(default_factory=list)
    finishes: list[cst.FunctionDef] = field(default_factory=list)


def prepare_handlers(unit: Unit, bases: set[str]) -> Handlers:
    """Find the handlers, and say what of them new code calls. Raises Refused."""
    names, tree = unit.names, unit.tree
    handlers = Handlers([each for each in tree.all(cst.ClassDef) if inherits(names, each, bases)])
    for owner in handlers.owners:
        root = names.root(owner)
        if root not in handlers.roots:
            handlers.roots.append(root)
        check_class(unit, owner, bases)
        own = methods(owner)
        unit.roots += [own["handle"]] if "handle" in own else []
        unit.plain += [own[name] for name in ("__init__", "setup", "finish") if name in own]
        handlers.setups += [own["setup"]] if "setup" in own else []
        handlers.finishes += [own["finish"]] if "finish" in own else []
        last = not any(owner in names.bases(other) for other in handlers.owners)
        if last and names.find_method(owner, "handle") is None:
            raise Refused("framework-part", owner, f"`{owner.name.value}` has no `handle`")
    if not handlers.owners:
        raise Refused("framework-part", tree.module, "the handler is not of this file")
    check_calls(unit, handlers.owners)
    handlers.seconds = limit(unit, handlers.owners, handlers.roots, handlers.setups)
    return handlers


def check_calls(unit: Unit, owners: list[cst.ClassDef]) -> None:
    """Let calls of `super()` in handlers go. Raises Refused where a handler is called by itself."""
    for call in unit.tree.all(cst.Call):
        if unit.names.class_called(call.func) in owners:
            raise Refused("called-from-elsewhere", call, f"`{unit.tree.code(call.func)}` is called, by no server")
        if super_call(unit, call) and unit.tree.class_of(unit.tree.method(call) or call) in owners:
            _super(unit, call)


def check_class(unit: Unit, owner: cst.ClassDef, bases: set[str]) -> None:
    """Look at what a handler is made of, and sets for the framework. Raises Refused."""
    own, values = methods(owner), assigned(owner)
    for base in owner.bases:
        of_file = unit.names.class_called(base.value)
        known = inherits(unit.names, of_file, bases) if of_file is not None else unit.names.qualified(base.value) in bases
        if base.star or base.keyword is not None or not known:
            raise Refused("framework-part", owner, f"what `{unit.tree.code(base.value)}` gives the handler cannot be told")
    only_assigned(unit, owner, SETTINGS, SETTINGS)
    for name, usual in FILES.items():
        if name in values and unit.tree.code(values[name].value) != usual:
            statement = values[name].statement
            raise Refused("framework-part", statement, f"`{unit.tree.code(statement)}` has no counterpart")
        if name in values:
            drop(unit, owner, values[name].statement)
    if "disable_nagle_algorithm" in values:
        drop(unit, owner, values["disable_nagle_algorithm"].statement)
        unit.note(values["disable_nagle_algorithm"].statement, f"{unit.table.library.value} always sets TCP_NODELAY")
    if "run" in own:
        raise Refused("shared-code", own["run"], "the name `run` is needed for something else")
    for store in (
        store
        for variable in _attributes(unit, owner, {*NEW, "timeout", "rfile", "wfile"})
        for store in unit.names.stores[variable]
    ):
        raise Refused("framework-part", store.node, f"`{unit.tree.code(store.node)}` is the framework's")
    init = own.get("__init__")
    if init is not None:
        _check_init(unit, init)


def _attributes(unit: Unit, owner: cst.ClassDef, names: set[str]) -> list[Variable]:
    return [Variable(id(unit.names.root(owner)), name, attribute=True) for name in sorted(names)]


def _check_init(unit: Unit, init: cst.FunctionDef) -> None:
    """A handler's `__init__` must hand over all that it is given, at its end: there, the conversation took place."""
    last = init.body.body[-1]
    call = last.body[0].value if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[0], cst.Expr) else None
    passed = [arg.star for arg in call.args if unit.names.self_class(arg.value) is None] if isinstance(call, cst.Call) else []
    whole = len(init.params.params) == 1 and isinstance(init.params.star_arg, cst.Param)
    if not isinstance(call, cst.Call) or not super_call(unit, call) or passed != ["*", "**"] or not whole:
        raise Refused("framework-part", init, "`__init__` does not hand over `*args, **kwargs` at its end")


def _super(unit: Unit, call: cst.Call) -> None:
    """`super().setup()` and the like do nothing any more, and go."""
    method = unit.tree.method(call)
    assert method is not None
    unit.consumed.add(id(call))
    if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Call):
        unit.consumed.add(id(call.func.value))
    if method.name.value == "__init__":
        return
    statement = unit.tree.parent(call)
    if method.name.value not in ENTRIES or not isinstance(statement, cst.Expr):
        raise Refused("framework-part", call, f"`{unit.tree.code(call)}` has no counterpart")
    unit.edits.remove(statement)


def follow_files(unit: Unit, handlers: Handlers, ends: Ends) -> bool:
    """Let `rfile` be awaited, and what is written to `wfile` be sent. Returns whether there is an `rfile`. Raises Refused."""
    reads: list[Variable] = []
    for root in handlers.roots:
        for variable in _attributes(unit, root, {"rfile"}):
            reads += [variable] if unit.names.loads.get(variable) else []
        for variable in _attributes(unit, root, {"wfile"}):
            for load in unit.names.loads.get(variable, []):
                _written(unit, load, ends)
        for load in unit.names.loads.get(Variable(id(root), "connection", attribute=True), []):
            if not unit.table.pair and isinstance(load, cst.Attribute):  # the other name of the same
                unit.edits.edit(load, "request", lambda updated: updated.with_changes(attr=cst.Name("request")))
    if reads:
        files.follow_variables(
            unit, reads, set(), {name: most for name, most in files.METHODS.items() if name.startswith("read")}
        )
        homes = {variable.home for variable in reads}
        roots = [root for root in handlers.roots if id(root) in homes]
        received = [load for root in roots for name in ("request", "connection") for load in _received(unit, root, name)]
        if received:
            raise Refused("connection-escapes", received[0], "the connection has a file, and is read beside it")
    return bool(reads)


def _received(unit: Unit, root: cst.ClassDef, name: str) -> list[cst.BaseExpression]:
    loads = unit.names.loads.get(Variable(id(root), name, attribute=True), [])
    parents = ((load, unit.tree.parent(load)) for load in loads)
    return [load for load, parent in parents if not (isinstance(parent, cst.Attribute) and parent.attr.value in BESIDE)]


def _written(unit: Unit, load: cst.BaseExpression, ends: Ends) -> None:
    """`self.wfile.write(data)`: it has no buffer, so it is sent."""
    tree, attribute = unit.tree, unit.tree.parent(load)
    call = tree.parent(attribute) if isinstance(attribute, cst.Attribute) and attribute.value is load else None
    if not (isinstance(call, cst.Call) and call.func is attribute and isinstance(load, cst.Attribute)):
        raise Refused("connection-escapes", load, f"`{tree.code(load)}` goes where it cannot be followed")
    assert isinstance(attribute, cst.Attribute)
    owner, statement = tree.code(load.value), isinstance(tree.parent(call), cst.Expr)
    unit.consumed.add(id(call))
    if attribute.attr.value == "write" and len(call.args) == 1 and not call.args[0].star:
        itself = Ends(f"{owner}.{ends.reader}", f"{owner}.{ends.writer}")
        whole = unit.table.send if statement else unit.table.send_count
        operations.put(unit, call, unit.table.send_within if unit.seconds else whole, itself, unit.seconds)
    elif attribute.attr.value == "flush" and statement:
        unit.edits.remove(tree.parent(call) or call)
    else:
        raise Refused("connection-escapes", call, f"`{tree.code(call)}` has no counterpart")
