"""The threads that run servers of socketserver: how they are made, and what the file does with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.thread_class import is_thread, truth
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["ServerThread", "begun_by_thread", "thread_that_runs", "threads_that_call"]

THREAD = "threading.Thread"
HARMLESS = {"name", "ident", "native_id", "getName"}


@dataclass
class ServerThread:
    """A thread that runs a server. made: the call that makes it. daemon: what is said of that, in each place."""

    made: cst.Call
    server: cst.BaseExpression
    daemon: list[tuple[cst.CSTNode, bool]] = field(default_factory=list)
    starts: list[cst.Call] = field(default_factory=list)
    joins: list[cst.Call] = field(default_factory=list)


def thread_that_runs(unit: Unit, node: cst.Attribute) -> ServerThread:
    """The thread of `Thread(target=server.serve_forever)`, whose target `node` is. Raises Refused."""
    argument = unit.tree.parent(node)
    made = unit.tree.parent(argument) if isinstance(argument, cst.Arg) else None
    if not isinstance(made, cst.Call) or unit.names.qualified(made.func) != THREAD:
        raise Refused("server-stop", node, f"what becomes of `{unit.tree.code(node)}` cannot be told")
    thread = ServerThread(made, node.value)
    for arg in made.args:
        match arg.keyword:
            case cst.Name(value="target") if arg is argument:
                continue
            case cst.Name(value="name"):
                continue
            case cst.Name(value="daemon"):
                thread.daemon.append((made, truth(arg.value)))
            case cst.Name(value="args" | "kwargs") if _interval(arg.value):
                _drop(unit, made, arg)
            case _:
                raise Refused("server-stop", made, f"`{unit.tree.code(arg)}`: what the thread is given more cannot be told")
    return _follow(unit, thread)


def threads_that_call(unit: Unit, call: cst.Call) -> list[ServerThread]:
    """The threads whose function ends with `server.serve_forever()`, which `call` is. Raises Refused where more comes after."""
    tree, names, function = unit.tree, unit.names, unit.tree.function(call)
    assert isinstance(call.func, cst.Attribute)
    found = []
    for made, target in _targets(unit):
        plain = isinstance(target, cst.FunctionDef) and names.qualified(made.func) == THREAD
        if target is function and plain and _is_last(unit, call):
            daemon = [arg.value for arg in made.args if arg.keyword is not None and arg.keyword.value == "daemon"]
            found.append(_follow(unit, ServerThread(made, call.func.value, [(made, truth(value)) for value in daemon])))
        elif tree.within(call, target) or function in called(tree, names, [target]):
            raise Refused("server-stop", call, "the server runs in a thread, and it cannot be told what comes after that")
    for other in tree.all(cst.Call):
        if found and names.function(other.func) is function:
            raise Refused("server-stop", other, "the server runs in a thread, and where this is called")
    return found


def _targets(unit: Unit) -> Iterator[tuple[cst.Call, cst.CSTNode]]:
    """What threads run: the call that makes each, and the function or lambda; of a subclass of Thread, its `run`."""
    names = unit.names
    for made in unit.tree.all(cst.Call):
        owner = names.class_called(made.func)
        run = names.find_method(owner, "run") if owner is not None and is_thread(names, owner) else None
        if run is not None:
            yield made, run
        if names.qualified(made.func) in {THREAD, "threading.Timer", "_thread.start_new_thread"}:
            for arg in made.args:
                target = arg.value if isinstance(arg.value, cst.Lambda) else names.function(arg.value)
                if target is not None:
                    yield made, target


def begun_by_thread(unit: Unit, node: cst.CSTNode) -> bool:
    """Whether a node stands in what a thread of the file runs."""
    targets = [target for _, target in _targets(unit)]
    places = [*targets, *called(unit.tree, unit.names, targets)]
    return any(unit.tree.within(node, place) for place in places)


def _is_last(unit: Unit, call: cst.Call) -> bool:
    """Whether a call is the last that its function does."""
    function = unit.tree.function(call)
    assert function is not None
    last = function.body.body[-1] if isinstance(function, cst.FunctionDef) else None
    return isinstance(last, cst.SimpleStatementLine) and last is unit.tree.statement(call) and len(last.body) == 1


def _interval(node: cst.BaseExpression) -> bool:
    """Whether a thread's `args`, or `kwargs`, are an interval alone, a number."""
    match node:
        case cst.Tuple(elements=[cst.Element(value=value)]) | cst.List(elements=[cst.Element(value=value)]):
            return isinstance(value, cst.Integer | cst.Float)
        case cst.Dict(elements=[cst.DictElement(key=cst.SimpleString() as key, value=value)]):
            return key.evaluated_value == "poll_interval" and isinstance(value, cst.Integer | cst.Float)
    return False


def _drop(unit: Unit, made: cst.Call, given: cst.Arg) -> None:
    """Take an argument away from a call."""

    def edit(updated: cst.Call) -> cst.Call:
        *others, last = (new for old, new in zip(made.args, updated.args, strict=True) if old is not given)
        return updated.with_changes(args=[*others, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)])

    unit.edits.edit(made, "no interval", edit)
    unit.note(given, "`serve_forever` has no interval: it does not poll")


def _follow(unit: Unit, thread: ServerThread) -> ServerThread:
    """Find what is done with the thread. Raises Refused for what a thread of a loop does not do as before."""
    tree, names, parent = unit.tree, unit.names, unit.tree.parent(thread.made)
    unit.consumed.add(id(thread.made))
    if isinstance(parent, cst.Attribute):
        _use(unit, thread, thread.made)
        return thread
    target = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
    variable = names.variable(target) if target is not None else None
    if variable is None or any(store.node is not target and not _none(store.value) for store in names.stores[variable]):
        raise Refused("server-stop", thread.made, "what else is done with the server's thread cannot be told")
    for load in names.loads[variable]:
        _use(unit, thread, load)
    for node in tree.all(cst.Attribute):  # `thread.daemon = True` of an attribute of something else than `self`
        if names.variable(node) is None and node.attr.value == variable.name and variable.attribute:
            raise Refused("server-stop", node, f"`{tree.code(node)}` may be the server's thread")
    return thread


def _none(value: cst.BaseExpression | None) -> bool:
    return isinstance(value, cst.Name) and value.value == "None"


def _use(unit: Unit, thread: ServerThread, node: cst.BaseExpression) -> None:
    tree, attribute = unit.tree, unit.tree.parent(node)
    above = tree.parent(attribute) if isinstance(attribute, cst.Attribute) and attribute.value is node else None
    name = attribute.attr.value if isinstance(attribute, cst.Attribute) else ""
    match above:
        case cst.Call(args=[]) if name == "start":
            thread.starts.append(above)
        case cst.Call() if name == "join":
            thread.joins.append(above)
        case cst.Call(args=[arg]) if name == "setDaemon":
            thread.daemon.append((above, truth(arg.value)))
        case cst.AssignTarget() if name == "daemon" and isinstance(assign := tree.parent(above), cst.Assign):
            thread.daemon.append((above, truth(assign.value)))
        case _ if above is None or name not in HARMLESS:
            text = tree.code(attribute if above is not None and attribute is not None else node)
            raise Refused("server-stop", node, f"`{text}`: what else is done with the server's thread cannot be told")
