"""The accept loop: found, taken out into a coroutine function of its own, and run where it stood.

So what comes before the loop (the arguments, the listening socket with its options, what is printed) and after it, and the except clauses round
it, stay as they are, and a function that never returned still does not, for its callers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Op
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["AcceptLoop", "accept_loops", "convert_accept", "hand_over", "take_out"]

LISTENERS = {"socket.socket", "socket.create_server"}
FAMILIES = {"socket.AF_INET", "socket.AF_INET6", "socket.SOCK_STREAM", "socket.IPPROTO_TCP", "", "0"}
FUNCTION = "serve_clients"
DEPTH = 3  # functions between a loop and its `accept`


@dataclass(frozen=True)
class AcceptLoop:
    """An accept loop.

    loop: the loop. scope: what a connection belongs to: the loop, or the function with `accept` in it that the loop calls. call:
    `listener.accept()`. assign: the statement it is in. connection, address: what it is stored in.
    """

    loop: cst.While
    scope: cst.While | cst.FunctionDef
    call: cst.Call
    assign: cst.Assign
    listener: cst.BaseExpression
    connection: cst.BaseExpression
    address: cst.BaseExpression


def accept_loops(tree: Tree, names: Names) -> Iterator[AcceptLoop | Refused]:
    """Every `accept` of the file on what is a listening socket, as far as can be seen; those that stand in no loop as a refusal."""
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept" and not call.args:
            if _is_polled(tree, names, call):
                continue
            try:
                found = _accept_loop(tree, names, call)
            except Refused as refused:
                yield refused
            else:
                if found is not None:
                    yield found


def _is_polled(tree: Tree, names: Names, call: cst.Call) -> bool:
    """Whether the function around asks a selector who is ready: then it is another shape."""
    function = tree.function(call) or tree.module
    return any(
        names.qualified(other.func).startswith(("select.", "selectors."))
        for other in tree.all(cst.Call)
        if tree.within(other, function)
    )


def _accept_loop(tree: Tree, names: Names, call: cst.Call) -> AcceptLoop | None:
    assert isinstance(call.func, cst.Attribute)
    listener = call.func.value
    if not _origin(tree, names, listener, set()):
        return None
    function = tree.function(call)
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return None
    loop = _loop(tree, names, call)
    assign = tree.parent(call)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(assign, cst.Assign) or not isinstance(target, cst.Tuple) or len(target.elements) != 2:
        raise Refused("odd-loop", call, "what `accept` gives is not taken apart into the connection and its address")
    scope = loop if tree.within(call, loop) else function
    assert isinstance(scope, cst.While | cst.FunctionDef)
    return AcceptLoop(loop, scope, call, assign, listener, target.elements[0].value, target.elements[1].value)


def _loop(tree: Tree, names: Names, call: cst.Call) -> cst.While:
    """The innermost loop round a call, or round the one call of the function that it stands in."""
    place = call
    for _ in range(DEPTH):
        function = tree.function(place)
        loops = [above for above in tree.ancestors(place) if isinstance(above, cst.While) and tree.function(above) is function]
        if loops:
            return loops[0]
        callers = [each for each in tree.all(cst.Call) if function is not None and names.function(each.func) is function]
        if len(callers) != 1:
            break
        place = callers[0]
    raise Refused("odd-loop", call, "`accept` stands in no loop, nor does the one call of its function")


def _origin(tree: Tree, names: Names, node: cst.BaseExpression, seen: set[Variable]) -> bool:
    """Whether a value is a TCP socket made in this file; False when nothing says so. Raises Refused when it is only partly one."""
    if isinstance(node, cst.Call):
        name = names.qualified(node.func)
        if name.startswith("ssl.") or (isinstance(node.func, cst.Attribute) and node.func.attr.value == "wrap_socket"):
            raise Refused("tls", node, "the listening socket is wrapped in TLS")
        if name == "socket.socket":
            kinds = {names.qualified(arg.value) or tree.code(arg.value) for arg in node.args}
            if kinds - FAMILIES or any(arg.keyword is not None and arg.keyword.value == "fileno" for arg in node.args):
                raise Refused("unknown-origin", node, "it cannot be seen that it is a TCP socket")
        owner = names.function(node.func)
        if owner is not None:
            return _returned(tree, names, owner, seen)
        return name in LISTENERS
    variable = names.variable(node)
    if variable is None or variable in seen:
        return False
    seen.add(variable)
    found = [_stored(tree, names, store.node, store.value, seen) for store in names.stores[variable]]
    told = [each for each in found if each is not None]
    if any(told) and not all(told):
        raise Refused("unknown-origin", node, f"`{tree.code(node)}` is not always a socket that is made here")
    return bool(told) and all(told)


def _stored(tree: Tree, names: Names, node: cst.CSTNode, value: cst.BaseExpression | None, seen: set[Variable]) -> bool | None:
    parent = tree.parent(node)
    if isinstance(value, cst.Name) and value.value == "None":
        return None
    if value is not None:
        return _origin(tree, names, value, seen)
    if isinstance(parent, cst.Param):
        return _passed(tree, names, parent, seen)
    return False


def _passed(tree: Tree, names: Names, param: cst.Param, seen: set[Variable]) -> bool:
    """Whether a parameter is a socket: it says so, or every call in the file passes one."""
    if param.annotation is not None:
        return names.qualified(param.annotation.annotation) == "socket.socket"
    function = next((above for above in tree.ancestors(param) if isinstance(above, cst.FunctionDef)), None)
    if function is None:
        return False
    index = next((index for index, each in enumerate(function.params.params) if each is param), -1)
    passed = []
    for call in tree.all(cst.Call):
        owner = names.class_called(call.func)
        callee = names.find_method(owner, "__init__") if owner is not None else names.function(call.func)
        if callee is function:
            place = index - (1 if owner is not None or isinstance(call.func, cst.Attribute) else 0)
            passed.append(
                0 <= place < len(call.args)
                and call.args[place].keyword is None
                and _origin(tree, names, call.args[place].value, seen)
            )
    return bool(passed) and all(passed)


def _returned(tree: Tree, names: Names, function: cst.FunctionDef, seen: set[Variable]) -> bool:
    returns = [each for each in tree.all(cst.Return) if tree.function(each) is function]
    return bool(returns) and all(each.value is not None and _origin(tree, names, each.value, seen) for each in returns)


def convert_accept(unit: Unit, found: AcceptLoop, seconds: str) -> None:
    """Let `connection, address = listener.accept()` await the library's. seconds: the listening socket's own limit, or ""."""
    op = unit.table.accept_within if seconds else unit.table.accept
    if unit.handed and unit.table.accept_for_task is not None:
        op = unit.table.accept_for_task
    listener = unit.tree.code(found.listener)
    unit.use(op, None, listener, seconds)
    unit.wait(found.call)
    unit.consumed.add(id(found.call))

    def edit(updated: cst.Assign) -> cst.Assign:
        ends = unit.ends_of(found.connection)
        assert ends is not None
        targets = ", ".join([*ends.both, unit.tree.code(found.address)])
        value = cst.parse_expression("await " + op.text.format(listener, seconds, reader="", writer=""))
        assign = cst.parse_statement(f"{targets} = x")
        assert isinstance(assign, cst.SimpleStatementLine)
        assert isinstance(assign.body[0], cst.Assign)
        return updated.with_changes(targets=assign.body[0].targets, value=value)

    unit.edits.edit(found.assign, "accept", edit)


def hand_over(unit: Unit, found: AcceptLoop, seconds: str) -> None:
    """Let the task make the stream, where the library wants it so and the loop does nothing with the connection itself."""
    variable = unit.names.variable(found.connection)
    assert variable is not None
    loads = unit.names.loads[variable]
    kept = {id(node) for node, _ in unit.kept if isinstance(unit.tree.parent(node), cst.Assign)}
    given = all(id(load) in unit.passed or id(load) in kept for load in loads)
    unit.handed = unit.table.accept_for_task is not None and not seconds and given


def take_out(unit: Unit, found: AcceptLoop, *, tasks: Op | None) -> None:
    """Put the loop into a coroutine function, and run it in its place. tasks: what holds the tasks that it starts. Raises Refused."""
    host, tree = unit.tree.function(found.loop), unit.tree
    name = FUNCTION
    while any(node.value == name for node in tree.all(cst.Name)):
        name += "_"
    shared = _shared_names(unit, found.loop, host)
    _leaves(unit, found.loop, host)
    run = unit.use(unit.table.run, None, name)
    opening = unit.use(tasks, None) if tasks is not None else ""
    block = tree.parent(found.loop)
    first = isinstance(block, cst.IndentedBlock) and block.body[0] is found.loop

    def edit(updated: cst.While) -> object:
        lines = list(updated.leading_lines)
        while lines and lines[0].comment is None:
            del lines[0]
        updated = updated.with_changes(leading_lines=lines)
        body: list[cst.BaseStatement] = [cst.parse_statement(f"{shared[0]} {', '.join(shared[1])}")] if shared[1] else []
        if tasks is not None:
            with_ = cst.parse_statement(f"async with {opening} as tasks:\n    pass")
            assert isinstance(with_, cst.With)
            body.append(with_.with_changes(body=cst.IndentedBlock([updated])))
        else:
            body.append(updated)
        define = cst.parse_statement(f"async def {name}() -> None:\n    pass")
        blank = [cst.EmptyLine(indent=False)] * (2 if tree.parent(found.loop) is tree.module else 1)
        define = define.with_changes(body=cst.IndentedBlock(body), leading_lines=() if first else blank)
        call = cst.parse_statement(run).with_changes(leading_lines=blank)
        return cst.FlattenSentinel([define, call])

    unit.edits.edit(found.loop, "take out", edit)


def _shared_names(unit: Unit, loop: cst.While, host: cst.CSTNode | None) -> tuple[str, list[str]]:
    """The names that the loop sets and that others see: `global` or `nonlocal`, and which."""
    names, tree = unit.names, unit.tree
    shared = []
    for variable, stores in names.stores.items():
        inside = [store for store in stores if tree.within(store.node, loop) and tree.function(store.node) is host]
        if variable.attribute or not inside:
            continue
        outside = [store for store in stores if not tree.within(store.node, loop)]
        read = [load for load in names.loads[variable] if not tree.within(load, loop)]
        if not outside and not read:
            continue
        if variable in unit.ends:
            raise Refused("connection-escapes", inside[0].node, f"`{variable.name}` is used outside of the loop as well")
        if host is not None and not outside:
            raise Refused("odd-loop", inside[0].node, f"`{variable.name}` is set in the loop and used after it")
        shared.append(variable.name)
    declared = {item.name.value for node in tree.all(cst.Global) if tree.function(node) is host for item in node.names}
    if host is not None and declared & set(shared):
        raise Refused("odd-loop", loop, "the loop sets names of the module")
    return ("global" if host is None else "nonlocal", sorted(shared))


def _leaves(unit: Unit, loop: cst.While, host: cst.CSTNode | None) -> None:
    """Refuse what cannot be done from within a function of its own."""
    tree = unit.tree
    if any(isinstance(above, cst.ClassDef) for above in tree.ancestors(loop)) and host is None:
        raise Refused("odd-loop", loop, "the loop stands in a class, and in no function")
    if isinstance(host, cst.FunctionDef) and _in_several_threads(unit, host):
        raise Refused("thread-is-used", loop, "several threads run this loop")
    for kind in (cst.Yield, cst.Await):
        if any(tree.within(node, loop) and tree.function(node) is host for node in tree.all(kind)):
            raise Refused("odd-loop", loop, "the loop yields")
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Name) and call.func.value == "super" and tree.within(call, loop):
            raise Refused("odd-loop", call, "`super()` is called in the loop")
    for node in tree.all(cst.Return):
        if tree.within(node, loop) and tree.function(node) is host and (node.value is not None or not _last(tree, loop)):
            raise Refused("odd-loop", node, "the loop returns, and something follows it")


def _in_several_threads(unit: Unit, host: cst.FunctionDef) -> bool:
    """Whether a function is what threads run that are made in a loop."""
    tree, names = unit.tree, unit.names
    for call in tree.all(cst.Call):
        owner = names.class_called(call.func)
        runs = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "target"]
        made = names.qualified(call.func) == "threading.Thread" and any(names.function(each) is host for each in runs)
        subclass = owner is not None and owner is tree.class_of(host) and bool(owner.bases) and host.name.value == "run"
        repeated = any(isinstance(above, cst.For | cst.While | cst.CompFor | cst.BaseComp) for above in tree.ancestors(call))
        if (made or subclass) and repeated:
            return True
    return False


def _last(tree: Tree, loop: cst.CSTNode) -> bool:
    """Whether nothing is executed after a statement but `finally` blocks."""
    below = loop
    for above in tree.ancestors(loop):
        if isinstance(above, cst.FunctionDef | cst.Module):
            return True
        if isinstance(above, cst.IndentedBlock) and above.body[-1] is not below:
            return False
        if isinstance(above, cst.For | cst.While) or (isinstance(above, cst.Try) and above.orelse is not None):
            return False
        below = above
    return True
