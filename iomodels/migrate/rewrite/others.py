"""Connections that a conversation writes to though they are other clients': it gets them from what the program keeps them in.

`for other in clients: other.sendall(...)`. All that is done with them is to write: who owns a connection receives from it, and
closes it. The writes of threads could come between each other at any place; those of tasks do at fewer, and the list that a
loop goes through while others change it is the same list.
"""

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.once import runs_once
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets.shared import shared_table
from iomodels.migrate.rewrite.unit import Ends, Unit

__all__ = ["compare", "given_out", "is_given_out", "settle", "write_to_other"]

SENDS = {"send", "sendall"}
COPIES = {"builtins.list", "builtins.tuple", "builtins.set"}
EMPTY = {"[]", "{}", "list()", "set()", "dict()"}
PUTS = {"append", "add", "setdefault"}
VIEWS = {"keys", "values", "items", "copy"}
NOT_SHARED = {"makefile": "has a file", "shutdown": "is shut down", "settimeout": "has a time limit"}


def given_out(unit: Unit, container: cst.BaseExpression, *, value: bool) -> None:
    """Follow the connections that loops get out of a container. value: whether they are a dictionary's values."""
    variable = unit.names.variable(container)
    if not unit.shares or variable is None:
        return
    for load in unit.names.loads[variable]:
        loop = _loop(unit, load)
        target = _other(unit, load, loop, value=value) if loop is not None else None
        if target is None:
            continue
        other = unit.names.variable(target)
        if other is None or (other in unit.ends and other not in unit.others):
            raise Refused("connection-escapes", target, f"`{unit.tree.code(target)}` holds something else as well")
        unit.consumed.add(id(target))
        unit.others.add(other)
        unit.given_out.setdefault(variable, value)
        if unit.given_out[variable] is not value:
            raise Refused("connection-escapes", load, f"connections are keys and values of `{unit.tree.code(load)}`")
        unit.ends[other] = Ends(other.name, other.name)


def _loop(unit: Unit, load: cst.BaseExpression) -> cst.For | None:
    """The loop that goes through a container, itself, a view of it, or a copy."""
    node: cst.CSTNode = load
    while (parent := unit.tree.parent(node)) is not None:
        above = unit.tree.parent(parent)
        if isinstance(parent, cst.For):
            return parent if parent.iter is node and parent.asynchronous is None else None
        view = isinstance(parent, cst.Attribute) and parent.attr.value in VIEWS and isinstance(above, cst.Call)
        copied = isinstance(parent, cst.Arg) and isinstance(above, cst.Call) and unit.names.qualified(above.func) in COPIES
        whole = isinstance(parent, cst.Subscript) and unit.tree.code(parent).endswith("[:]")
        if whole:
            node = parent
        elif (view or copied) and isinstance(above, cst.Call) and len(above.args) == (1 if copied else 0):
            node = above
        else:
            return None
    return None


def _other(unit: Unit, load: cst.BaseExpression, loop: cst.For, *, value: bool) -> cst.BaseExpression | None:
    """What a loop stores each connection in; None where it goes through what they are kept with."""
    methods = {
        node.attr.value for node in unit.tree.all(cst.Attribute) if unit.tree.within(node, loop.iter) and node.value is load
    }
    if "items" in methods:
        if not isinstance(loop.target, cst.Tuple) or len(loop.target.elements) != 2:
            raise Refused("connection-escapes", loop.target, "what the loop gets cannot be told apart")
        return loop.target.elements[1 if value else 0].value
    return loop.target if ("values" in methods) is value else None


def is_given_out(unit: Unit, load: cst.BaseExpression) -> bool:
    """Whether it is a place where a container is gone through, or asked for one of its own."""
    variable = unit.names.variable(load)
    return unit.shares and variable in unit.given_out and _loop(unit, load) is not None


def only_connections(unit: Unit, variable: Variable) -> None:
    """Raise Refused unless a container that is gone through is made once, empty, and gets nothing but connections."""
    tree, value, stores = unit.tree, unit.given_out[variable], unit.names.stores[variable]
    made = stores[0].value if len(stores) == 1 else None
    if made is None or tree.code(made) not in EMPTY:
        raise Refused("connection-escapes", stores[0].node, f"`{variable.name}` is not made once, and empty")
    for load in unit.names.loads[variable]:
        parent = tree.parent(load)
        above = tree.parent(parent) if parent is not None else None
        put: cst.CSTNode | None = None
        if isinstance(parent, cst.Subscript) and parent.value is load and isinstance(above, cst.AssignTarget):
            assign, index = tree.parent(above), parent.slice[0].slice
            key = index.value if isinstance(index, cst.Index) else index
            put = assign.value if value and isinstance(assign, cst.Assign) else key
        elif isinstance(parent, cst.Attribute) and parent.attr.value in PUTS and isinstance(above, cst.Call) and above.args:
            put = above.args[0].value
        if put is not None and unit.ends_of(put) is None:
            raise Refused("connection-escapes", put, f"`{tree.code(load)}` gets something else as well")


def write_to_other(unit: Unit, node: cst.BaseExpression) -> None:
    """One place where another client's connection is used. Raises Refused unless it is written to, or told from another."""
    tree, parent = unit.tree, unit.tree.parent(node)
    call = tree.parent(parent) if parent is not None else None
    match parent:
        case cst.Attribute(attr=cst.Name(value=method)) if isinstance(call, cst.Call) and call.func is parent:
            if method in SENDS:
                unit.calls.append((call, method, node))
                return
            closes = "its thread went on waiting for input when another closed it, and its task would not"
            why = closes if method == "close" else "only its own conversation may do that"
            raise Refused("connection-escapes", node, f"`{tree.code(parent)}`: {why}")
        case cst.Comparison():
            unit.compared.append(parent)
            return
        case cst.ComparisonTarget() if isinstance(call, cst.Comparison):
            unit.compared.append(call)
            return
    raise Refused("connection-escapes", node, f"`{tree.code(node)}` is another client's, and is used for more than to write")


def compare(unit: Unit, comparison: cst.Comparison) -> None:
    """Raise Refused unless `==` compares connections alone: sockets are told apart by which they are, and so are streams."""
    operators = [each.operator for each in comparison.comparisons]
    if all(isinstance(each, cst.Is | cst.IsNot) for each in operators):
        return
    sides = [comparison.left, *(each.comparator for each in comparison.comparisons)]
    known = all(isinstance(each, cst.Is | cst.IsNot | cst.Equal | cst.NotEqual) for each in operators)
    if not unit.others or not known or any(unit.ends_of(side) is None for side in sides):
        raise Refused("connection-escapes", comparison, f"`{unit.tree.code(comparison)}` compares a connection")


def settle(unit: Unit) -> None:
    """Let every write be one that others may make at the same time. Raises Refused for what cannot be shared."""
    for call, method, _ in unit.calls:
        if method in NOT_SHARED:
            raise Refused("connection-escapes", call, f"the connection {NOT_SHARED[method]}, and others write to it")
    writes = [call for call, _, node in unit.calls if unit.names.variable(node) in unit.others]
    if not writes:
        place = unit.names.stores[next(iter(unit.others))][0].node
        raise Refused("connection-escapes", place, "other clients' connections are gone through, and not written to")
    first = writes[0]
    if not runs_once(unit):
        raise Refused("connection-escapes", first, "it cannot be seen that the accept loop runs once, in one thread")
    if unit.seconds:
        raise Refused("time-limit", first, "the limit holds for what other clients' conversations write, too")
    for variable in unit.given_out:
        only_connections(unit, variable)
    kept = [(container, isinstance(unit.tree.parent(node), cst.Assign)) for node, container in unit.kept]
    kept += [(container, False) for container in unit.keyed]
    texts = list(dict.fromkeys(_text(unit, container, value=value) for container, value in kept))
    unit.note(first, "written to by the tasks of others as well, each in its turn; it stays open while the program keeps it")
    kept_in = f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
    unit.table = shared_table(unit.table.library, kept_in, ends_all=unit.ends_all)


def _text(unit: Unit, container: cst.BaseExpression, *, value: bool) -> str:
    """What a container is called where the tasks are started. value: whether connections are a dictionary's values."""
    tree, names, variable = unit.tree, unit.names, unit.names.variable(container)
    assert variable is not None
    host = tree.function(unit.region) if unit.region is not None else None
    view = ".values()" if value else ""
    if variable.attribute:
        owner = tree.class_of(host) if isinstance(host, cst.FunctionDef) else None
        params = host.params.params if isinstance(host, cst.FunctionDef) and not host.decorators else ()
        if params and owner is not None and id(names.root(owner)) == variable.home:
            return f"{params[0].name.value}.{variable.name}{view}"
    elif all(tree.function(store.node) is None for store in names.stores[variable]):
        same = [other for other in names.stores if other.name == variable.name and not other.attribute]
        if same == [variable]:
            return f"{variable.name}{view}"
    raise Refused("connection-escapes", container, f"`{tree.code(container)}` cannot be named where the tasks are started")
