"""What was asked again and again waits: a function says whether its connection is open, and a reply is sent as a whole."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._excepts import live
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["ask_until_closed", "send_all"]


def ask_until_closed(tree: Tree, names: Names, handler: cst.FunctionDef, edits: Edits) -> None:
    """Let a function that served a connection once return whether it is still open, and wait for input. Raises Refused."""
    if tree.class_of(handler) is not None or len(handler.params.params) != 1:
        raise Refused("odd-event-loop", handler, "what serves a connection is a method, or is given more than that")
    connection = handler.params.params[0].name.value
    receives = [node for node in contains(handler) if _is(node, connection, "recv")]
    if len(receives) != 1 or not _begins(tree, handler, receives[0]):
        raise Refused("odd-event-loop", handler, "it does not begin with the one `recv`, or receives until it would block")
    closes = [node for node in contains(handler) if _is(node, connection, "close")]
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "close" and not tree.within(call, handler):
            raise Refused("end-not-understood", call, "something is closed elsewhere as well")
    for node in tree.all(cst.Return):
        if tree.within(node, handler) and not _asks_again(tree, names, node):
            edits.edit(node, "open", partial(_returning, cst.Name(str(_open(tree, closes, node)))))
    last = handler.body.body[-1]
    if not isinstance(only(last), cst.Return):
        line = cst.parse_statement(f"return {_open(tree, closes, None)}")
        edits.edit(
            handler,
            "open",
            lambda updated: updated.with_changes(body=updated.body.with_changes(body=[*updated.body.body, line])),
        )
    for guard in tree.all(cst.Try):
        sends = any(_is(each, connection, "send") for each in contains(guard))
        in_loop = any(isinstance(above, cst.While) for above in tree.ancestors(guard))
        if tree.within(guard, handler) and not (sends and in_loop):
            _live(names, guard, edits)


def _returning(value: cst.Name, updated: cst.Return) -> cst.Return:
    return updated.with_changes(value=value, whitespace_after_return=cst.SimpleWhitespace(" "))


def _is(node: cst.CSTNode, connection: str, method: str) -> bool:
    return isinstance(node, cst.Call) and code(node.func) == f"{connection}.{method}"


def _begins(tree: Tree, handler: cst.FunctionDef, call: cst.CSTNode) -> bool:
    """Whether a function begins with a call, perhaps in a `try` whose clause for "not now" does nothing but return."""
    lines = list(handler.body.body)
    if lines and isinstance(small := only(lines[0]), cst.Expr) and isinstance(small.value, cst.BaseString):
        lines = lines[1:]
    first = lines[0] if lines else None
    if isinstance(first, cst.Try):
        return tree.within(call, first.body.body[0])
    return False  # without a clause for "not now", it was not asked again


def _asks_again(tree: Tree, names: Names, node: cst.Return) -> bool:
    """Whether a return stands in a clause for "not now"."""
    return any(isinstance(above, cst.ExceptHandler) and not live(names, [above]) for above in tree.ancestors(node))


def _open(tree: Tree, closes: list[cst.CSTNode], node: cst.Return | None) -> bool:
    """Whether the connection is open at a return; None is the end of the function. Raises Refused where it may be either."""
    for close in closes:
        if node is not None and tree.line(close) > tree.line(node):
            continue
        block = tree.parent(tree.statement(close))
        assert isinstance(block, cst.IndentedBlock)
        leaves = isinstance(only(block.body[-1]), cst.Return)
        together = isinstance(tree.parent(block), cst.FunctionDef) if node is None else tree.within(node, block)
        if together:
            return False
        if not leaves:
            raise Refused("end-not-understood", close, "whether the connection is closed at its end cannot be told")
    return True


def _live(names: Names, node: cst.Try, edits: Edits) -> None:
    """Take the clauses for "not now" out. Raises Refused where one does something."""
    left = live(names, node.handlers)
    for handler in node.handlers:
        does = [only(each) for each in handler.body.body]
        if not any(each.body is handler.body for each in left) and not (len(does) == 1 and isinstance(does[0], cst.Return)):
            raise Refused("job-each-turn", handler, "something is done when there is no input")
    kept = [any(each.body is handler.body for each in left) for handler in node.handlers]
    if all(kept):
        return
    if left or node.finalbody is not None:
        edits.edit(
            node,
            "live",
            lambda updated: updated.with_changes(
                handlers=[each for each, keep in zip(updated.handlers, kept, strict=True) if keep]
            ),
        )
        return
    edits.edit(
        node,
        "live",
        lambda updated: cst.FlattenSentinel([*updated.body.body, *(updated.orelse.body.body if updated.orelse else [])]),
    )


def send_all(tree: Tree, names: Names, edits: Edits) -> None:
    """Let `send` that is tried until all is sent be `sendall`. Raises Refused for a `send` that is not."""
    for call in tree.all(cst.Call):
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "send":
            continue
        loop = next((above for above in tree.ancestors(call) if isinstance(above, cst.While)), None)
        if loop is None or not _until_sent(tree, names, loop, call):
            raise Refused(
                "buffer-not-understood", call, "what is sent, and what is not, is not seen to be all of it in the end"
            )
        line = cst.parse_statement(f"{code(call.func.value)}.sendall({code(loop.test)})")
        edits.edit(loop, "send", partial(_instead, line))


def _instead(line: cst.CSTNode, updated: cst.While) -> cst.CSTNode:
    return line.with_changes(leading_lines=updated.leading_lines)


def _until_sent(tree: Tree, names: Names, loop: cst.While, call: cst.Call) -> bool:
    """`while data: try: sent = sock.send(data); data = data[sent:] except BlockingIOError: time.sleep(...)`."""
    data, sent = code(loop.test), ""
    if not isinstance(loop.test, cst.Name) or [code(arg.value) for arg in call.args] != [data] or loop.orelse is not None:
        return False
    cut = False
    for line in _plain(names, list(loop.body.body)):
        small = only(line)
        if not isinstance(small, cst.Assign) or len(small.targets) != 1:
            return False
        target = code(small.targets[0].target)
        if small.value is call:
            sent = target
        elif target == data and code(small.value) in {f"{data}[{sent}:]", f"{data}[{code(call)}:]"}:
            cut = True
        else:
            return False
    function = tree.function(loop)
    variable = names.variable(loop.test)
    loads = names.loads[variable] if variable is not None else []
    later = [load for load in loads if tree.function(load) is function and tree.line(load) > tree.lines(loop)[1]]
    return cut and not later


def _plain(names: Names, lines: list[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The statements of a block without the `try` round them whose clause only pauses."""
    for line in lines:
        if isinstance(line, cst.Try) and not live(names, line.handlers) and line.finalbody is None and line.orelse is None:
            for handler in line.handlers:
                for each in handler.body.body:
                    call = is_call_statement(each)
                    pauses = call is not None and names.qualified(call.func) == "time.sleep"
                    if not pauses and not isinstance(only(each), cst.Pass | cst.Continue):
                        yield each
            yield from line.body.body
        else:
            yield line
