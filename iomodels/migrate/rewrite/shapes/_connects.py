"""Connecting to somebody: found in its two forms, and what belongs to it: the socket that is made, its time limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.waits import made_by

__all__ = ["Connect", "connects"]

FAMILIES = {"socket.AF_INET", "socket.AF_INET6", "socket.SOCK_STREAM", "socket.IPPROTO_TCP", "0", ""}
NO_LIMIT = "None"
LATER = {  # options that mean the same when they are set after the connecting
    ("socket.SOL_SOCKET", "socket.SO_KEEPALIVE"),
    ("socket.SOL_SOCKET", "socket.SO_REUSEADDR"),
    ("socket.IPPROTO_TCP", "socket.TCP_NODELAY"),
    ("socket.SOL_TCP", "socket.TCP_NODELAY"),
}


@dataclass
class Connect:
    """One connecting.

    call: `socket.create_connection(...)` or `x.connect(...)`. seed: what holds the connection, or the call where it is given
    back at once. address: host and port, as two
    arguments. seconds: its time limit, an expression, "" for none. family: an argument for it, "" for any. made: for the second
    form, the call of socket.socket. item: the item of a `with` that makes the socket or the connection.
    later: the limit that is set once it is connected, "None" for none, "" where nothing is said.
    gone: statements that go, by the calls in them. options: those of them that come again behind the connecting.
    """

    call: cst.Call
    seed: cst.BaseExpression
    address: str
    seconds: str = ""
    family: str = ""
    made: cst.Call | None = None
    item: cst.WithItem | None = None
    later: str = ""
    gone: list[cst.Call] = field(default_factory=list)
    options: list[cst.Call] = field(default_factory=list)

    @property
    def arguments(self) -> str:
        """What the new function is given."""
        return ", ".join(each for each in (self.address, self.seconds, self.family) if each)


def connects(tree: Tree, names: Names) -> Iterator[Connect | Refused]:
    """Every connecting over TCP in a file, and those that are not understood as a refusal."""
    for call in tree.all(cst.Call):
        try:
            found = None
            if names.qualified(call.func) == "socket.create_connection":
                found = _created(tree, names, call)
            elif (node := _is_connect(call)) is not None and made_by(tree, names, node) == "socket.socket":
                found = _connected(tree, names, call, node)
            if found is not None:
                _limits(tree, names, found)
                yield found
        except Refused as refused:
            yield refused


def _is_connect(call: cst.Call) -> cst.BaseExpression | None:
    """What `connect` is called on, or None: it is something else that is called."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "connect" and len(call.args) == 1:
        return call.func.value
    return None


def _address(tree: Tree, node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Tuple) and len(node.elements) == 2:
        return ", ".join(tree.code(element.value) for element in node.elements)
    return f"*{tree.code(node)}"


def _created(tree: Tree, names: Names, call: cst.Call) -> Connect:
    given = dict(zip(("address", "timeout", "source_address"), (arg for arg in call.args if arg.keyword is None), strict=False))
    given |= {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}
    if given.keys() - {"address", "timeout"} or "address" not in given or any(arg.star for arg in call.args):
        raise Refused("connection-escapes", call, "what it is given has no counterpart")
    seed, item = _stored(tree, names, call)
    seconds = tree.code(given["timeout"].value) if "timeout" in given else ""
    return Connect(call, seed, _address(tree, given["address"].value), "" if seconds == NO_LIMIT else seconds, item=item)


def _stored(tree: Tree, names: Names, call: cst.Call) -> tuple[cst.BaseExpression, cst.WithItem | None]:
    """What a call's value is stored in, and the item of the `with` that it stands in."""
    parent = tree.parent(call)
    if isinstance(parent, cst.WithItem) and parent.asname is not None and isinstance(parent.asname.name, cst.Name):
        return parent.asname.name, parent
    if isinstance(parent, cst.Return):
        return call, None
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and names.variable(parent.targets[0].target) is not None:
        return parent.targets[0].target, None
    raise Refused("connection-escapes", call, "what the connection is stored in cannot be followed")


def _connected(tree: Tree, names: Names, call: cst.Call, node: cst.BaseExpression) -> Connect | None:
    variable, function = names.variable(node), tree.function(call)
    assert variable is not None
    made = [
        store.value
        for store in names.stores[variable]
        if isinstance(store.value, cst.Call) and tree.function(store.node) is function
    ]
    statement = tree.parent(call)
    kinds = {names.qualified(arg.value) or tree.code(arg.value) for each in made for arg in each.args}
    if kinds & {"socket.SOCK_DGRAM", "socket.AF_UNIX", "socket.SOCK_RAW"}:
        return None
    if len(made) != 1 or kinds - FAMILIES or not isinstance(statement, cst.Expr):
        raise Refused("connection-escapes", call, "the socket is not made, and connected, in a way that is known")
    seed, item = _stored(tree, names, made[0])
    address = _address(tree, call.args[0].value)
    family = "socket.AF_INET6" if "socket.AF_INET6" in kinds else "socket.AF_INET"
    if address[1:].partition(", ")[0].replace(".", "").strip("\"'").isdigit():
        family = ""  # the numbers tell
    return Connect(call, seed, address, family=family and f"family={family}", made=made[0], item=item)


def _limits(tree: Tree, names: Names, found: Connect) -> None:
    """Take the time limits that are set in the function round a connecting. Raises Refused for any other early use."""
    variable, function = names.variable(found.seed), tree.function(found.call)
    if variable is None:
        return  # it is given back at once
    for load in names.loads[variable]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if isinstance(attribute, cst.Attribute) else None
        if tree.function(load) is not function or call is found.call or not tree.follows(load, found.made or found.call):
            continue
        early = tree.follows(found.call, load)
        method = attribute.attr.value if isinstance(attribute, cst.Attribute) and isinstance(call, cst.Call) else ""
        if method == "setblocking" or (method == "settimeout" and not isinstance(tree.parent(call), cst.Expr)):  # type: ignore[arg-type]
            raise Refused("time-limit", load, f"`{tree.code(load)}` is made non-blocking, or its limit cannot be told")
        if method == "settimeout" and isinstance(call, cst.Call) and len(call.args) == 1:
            _limit(tree, found, call)
        elif early and isinstance(call, cst.Call) and method == "setsockopt" and _may_come_later(tree, names, found, call):
            found.gone.append(call)
            found.options.append(call)
        elif early:
            what = "connects from an address of its own" if method == "bind" else "is used before it is connected"
            raise Refused("connection-escapes", load, f"`{tree.code(load)}` {what}")


def _may_come_later(tree: Tree, names: Names, found: Connect, call: cst.Call) -> bool:
    """Whether a call sets an option, whatever happens, which is the same when it is set after the connecting."""
    if len(call.args) != 3 or any(arg.keyword is not None or arg.star for arg in call.args):
        return False
    level, option, value = (arg.value for arg in call.args)
    constant = isinstance(value, cst.Integer) or tree.code(value) in {"True", "False"}
    return constant and _always(tree, found, call) and (names.qualified(level), names.qualified(option)) in LATER


def _always(tree: Tree, found: Connect, call: cst.Call) -> bool:
    """Whether a call is a line beside the making of the socket, or beside the connecting: no condition on it."""
    line = tree.parent(tree.parent(call) or call)
    blocks = [tree.parent(tree.statement(each)) for each in (found.made, found.call) if each is not None]
    return isinstance(line, cst.SimpleStatementLine) and any(tree.parent(line) is block for block in blocks)


def _limit(tree: Tree, found: Connect, call: cst.Call) -> None:
    seconds = tree.code(call.args[0].value)
    if tree.follows(found.call, call):
        if not _always(tree, found, call):
            raise Refused("time-limit", call, "it cannot be told whether it is set")
        found.seconds = "" if seconds == NO_LIMIT else seconds
    elif found.later or not _at_once(tree, found, call):
        raise Refused("time-limit", call, "calls may come before it, which it does not limit")
    else:
        found.later = seconds
    found.gone.append(call)


def _at_once(tree: Tree, found: Connect, call: cst.Call) -> bool:
    """Whether a statement follows the connecting at once: the next one, the first of the `else` of its `try`, of its `with`."""
    first = found.made if found.item is not None and found.made is None else found.call
    statement, other = tree.statement(first or found.call), tree.statement(call)
    if isinstance(statement, cst.With):
        return isinstance(statement.body, cst.IndentedBlock) and statement.body.body[0] is other
    block, around = tree.parent(statement), tree.parent(other)
    if isinstance(block, cst.IndentedBlock | cst.Module) and block is around:
        lines = list(block.body)
        return any(one is statement and two is other for one, two in pairwise(lines))
    guard = tree.parent(block) if block is not None else None
    if not isinstance(guard, cst.Try) or guard.body is not block or not isinstance(block, cst.IndentedBlock):
        return False
    if block.body[-1] is not statement:
        return False
    if guard.orelse is not None:
        return isinstance(guard.orelse.body, cst.IndentedBlock) and guard.orelse.body.body[0] is other
    outer = tree.parent(guard)
    lines = list(outer.body) if isinstance(outer, cst.IndentedBlock | cst.Module) else []
    leaves = (cst.Return, cst.Raise, cst.Continue, cst.Break)
    left = all(
        isinstance(last := handler.body.body[-1], cst.SimpleStatementLine) and isinstance(last.body[-1], leaves)
        for handler in guard.handlers
    )
    return left and any(one is guard and two is other for one, two in pairwise(lines))
