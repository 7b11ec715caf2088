"""What a conversation does after it has closed its connection: asyncio closes it only when the loop runs again."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import reach
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["alone", "ask_before_close", "use_before_close"]

LEFT_AT_ONCE = {"builtins.open", "io.open", "threading.Lock", "threading.RLock"}
LEFT_AT_ONCE |= {f"socket.{name}" for name in ("socket", "create_connection", "create_server")}
ASKED = {"fileno", "getpeername", "getsockname", "getsockopt", "setsockopt"}


def alone(unit: Unit, blocking: Sequence[cst.Call]) -> None:
    """Raise Refused for a call of `blocking`, those of the unit that may block, that would keep the peer waiting for ever.

    A single accept is mostly a test, whose other calls are the peer's. asyncio closes a connection only when its loop runs
    again: until then the peer waits for the end of input.
    """
    tree = unit.tree
    if blocking and isinstance(unit.region, cst.SimpleStatementLine):
        raise Refused("may-block", blocking[0], f"`{tree.code(blocking[0].func)}` may block, and may be the other end's part")
    if unit.table.library is not Target.ASYNCIO:
        return
    closes = _closes(unit)
    for call in blocking:
        for place in _with_callers(unit, [call]):
            if _before_accept(unit, place) or any(_comes_after(unit, place, close) for close in closes):
                raise Refused("may-block", call, f"`{tree.code(call.func)}` may block before asyncio has closed a connection")
    places = reach(unit)
    for with_ in tree.all(cst.With):
        inside = any(tree.within(close, with_.body) and tree.function(close) is tree.function(with_) for close in closes)
        here = inside and any(tree.within(with_, place) for place in places)
        for item in with_.items if here else ():
            if not _is_connection(unit, item) and not _left_at_once(unit, item.item):
                text = f"the end of `with {tree.code(item.item)}` may block before asyncio has closed a connection"
                raise Refused("may-block", with_, text)


def ask_before_close(unit: Unit) -> None:
    """Raise Refused where the socket is asked for something after its close, which asyncio would still answer."""
    if unit.table.library is Target.ASYNCIO:
        closes = _closes(unit)
        for call, method, node in unit.calls:
            if method in ASKED and any(_comes_after(unit, call, close) for close in closes):
                raise Refused("connection-escapes", node, f"`{unit.tree.code(call)}` comes after the close")


def use_before_close(unit: Unit, uses: Sequence[cst.Call]) -> None:
    """Raise Refused where a file of the connection is used after the close: a socket waited for the file's own close."""
    closes = _closes(unit)
    for call in uses:
        if any(_comes_after(unit, call, close) for close in closes):
            raise Refused("connection-escapes", call, f"`{unit.tree.code(call)}` comes after the close of the connection")


def _closes(unit: Unit) -> list[cst.CSTNode]:
    """Where connections are closed: the calls, `with` statements, and calls of functions with these in them."""
    closes: list[cst.CSTNode] = [call for call, method, _ in unit.calls if method == "close"]
    closes += [each for each in unit.tree.all(cst.With) if any(_is_connection(unit, item) for item in each.items)]
    return _with_callers(unit, closes)


def _left_at_once(unit: Unit, entered: cst.BaseExpression) -> bool:
    """Whether the end of a `with` is known to wait for nobody: a file's, a lock's, contextlib's."""
    made = [entered, *unit.names.values(unit.names.variable(entered))]
    names = [unit.names.qualified(each.func) for each in made if isinstance(each, cst.Call)]
    return any(name in LEFT_AT_ONCE or name.startswith(("contextlib.", "tempfile.")) for name in names)


def _is_connection(unit: Unit, item: cst.WithItem) -> bool:
    call = item.item
    if item.asname is not None and unit.ends_of(item.asname.name) is not None:
        return True
    return any(unit.ends_of(node) is not None for node in (call, *(arg.value for arg in getattr(call, "args", ()))))


def _with_callers(unit: Unit, nodes: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Nodes, and the calls of the functions that they stand in, up to the region."""
    found = list(nodes)
    for node in found:  # which grows
        function = unit.tree.function(node)
        inside = unit.region is not None and unit.tree.within(node, unit.region)
        if function is None or (inside and unit.region is not None and function is unit.tree.function(unit.region)):
            continue
        calls = [call for call in unit.tree.all(cst.Call) if unit.names.function(call.func) is function]
        found += [call for call in calls if all(call is not each for each in found)]
    return found


def _before_accept(unit: Unit, node: cst.CSTNode) -> bool:
    """Whether a node stands in the accept loop before anything is awaited: the last connection was closed just before it."""
    if not isinstance(unit.region, cst.While | cst.For) or not unit.tree.within(node, unit.region):
        return False
    here = [each for each in unit.waiting if unit.tree.within(each, unit.region)]
    return not any(unit.tree.follows(node, each) or unit.tree.within(node, each) for each in here)


def _comes_after(unit: Unit, node: cst.CSTNode, close: cst.CSTNode) -> bool:
    """Whether a node may be executed after a connection was closed, with nothing awaited between as far as can be told."""
    tree = unit.tree
    if tree.function(node) is not tree.function(close) or not tree.follows(node, close):
        return False
    for above in tree.ancestors(close):
        if isinstance(above, cst.FunctionDef) or above is unit.region or tree.within(node, above):
            break
        if isinstance(above, cst.IndentedBlock) and _leaves(unit, above):
            return False
    return True


def _leaves(unit: Unit, block: cst.IndentedBlock) -> bool:
    """Whether the end of a block leaves the function, or goes on to the next client."""
    last = block.body[-1].body[-1] if isinstance(block.body[-1], cst.SimpleStatementLine) else None
    if isinstance(last, cst.Continue):
        return next(above for above in unit.tree.ancestors(last) if isinstance(above, cst.While | cst.For)) is unit.region
    return isinstance(last, cst.Return)
