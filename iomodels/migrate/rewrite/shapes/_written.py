"""What is owed to a connection must be written in the turn that made it: only the write itself waits for room now."""

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._room import beside_close
from iomodels.migrate.rewrite.shapes._tools import code, contains
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["growths", "word_of_buffer", "written_whole"]

EMPTY = {"b''", 'b""', "''", '""', "bytearray()", "bytes()", "[]", "bytearray(b'')", 'bytearray(b"")'}
GROWS = {"extend", "append", "appendleft", "insert", "write"}


def written_whole(tree: Tree, names: Names, name: str) -> None:
    """Look at the text with threads. Raises Refused."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    reached = [converse, *called(tree, names, [converse])]
    buffers = set()
    for call in tree.all(cst.Call):
        if (
            isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "send"
            and not isinstance(tree.parent(call), cst.Expr)
        ):
            raise Refused("buffer-not-understood", call, "how much of it was sent is used for more than to send the rest")
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "sendall" and call.args:
            buffers.add(_word(call.args[0].value))
    grown = [node for node in _growing(tree) if _word(node) in buffers - {""}]
    for function in reached:
        _before_it_is_written(tree, names, function, grown)
    _begins_empty(tree, names, converse, buffers, grown)


def word_of_buffer(node: cst.BaseExpression) -> str:
    """The last part of a buffer's name; "" for what is none."""
    return _word(node)


def growths(tree: Tree, word: str) -> list[cst.BaseExpression]:
    """Where something is added to a buffer of that name; what cuts off what was sent adds nothing."""
    found = [node for node in _growing(tree) if _word(node) == word]
    return [node for node in found if not code(tree.statement(node)).startswith(f"{code(node)} = {code(node)}[")]


def _word(node: cst.BaseExpression) -> str:
    """The last part of a buffer's name; "" for what is no buffer: what a call made."""
    if isinstance(node, cst.Call) and code(node.func) == "bytes" and len(node.args) == 1:
        node = node.args[0].value
    if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):  # of the connection, in a table
        node = node.value
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""


def _growing(tree: Tree) -> list[cst.BaseExpression]:
    """What is added to: `buffer += ...`, `buffer.extend(...)`, `buffer = buffer + ...`."""
    found: list[cst.BaseExpression] = [each.target for each in tree.all(cst.AugAssign)]
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in GROWS:
            found += [call.func.value]
    for assign in tree.all(cst.Assign):
        if code(assign.value) not in EMPTY:
            found += [target.target for target in assign.targets]
    return found


def _before_it_is_written(tree: Tree, names: Names, function: cst.FunctionDef, grown: list[cst.BaseExpression]) -> None:
    """Raise Refused when something is owed after the part of a turn that writes."""
    writes = [call for call in tree.all(cst.Call) if tree.function(call) is function and _writes(tree, names, call)]
    adds = [node for node in grown if tree.function(node) is function]
    adds += [call.func for call in tree.all(cst.Call) if tree.function(call) is function and _adds(tree, names, call, grown)]
    _turn_is_not_left(tree, names, function, adds, writes)
    for add in adds:
        before = [write for write in writes if tree.line(write) < tree.line(add) and _word_of(write) in {"", _word(add)}]
        if before and not any(tree.line(write) >= tree.line(add) for write in writes):
            raise Refused(
                "buffer-not-understood", add, f"`{code(add)}` may owe more, and nothing is written after it in its turn"
            )


def _turn_is_not_left(
    tree: Tree, names: Names, function: cst.FunctionDef, adds: list[cst.BaseExpression], writes: list[cst.Call]
) -> None:
    """Raise Refused where something may be owed, and the turn goes on with the next before it is written."""
    leaving: list[cst.CSTNode] = [*tree.all(cst.Continue), *tree.all(cst.Return)]
    for node in leaving:
        loops = [above for above in tree.ancestors(node) if isinstance(above, cst.For | cst.While)]
        inner = isinstance(node, cst.Continue) and len(loops) > 1
        if tree.function(node) is not function or inner or beside_close(tree, names, tree.statement(node)):
            continue
        for add in adds:
            between = [write for write in writes if tree.line(add) <= tree.line(write) <= tree.line(node)]
            later = [write for write in writes if tree.line(write) > tree.line(node) and _word_of(write) in {"", _word(add)}]
            if tree.line(add) < tree.line(node) and later and not between and not _either(tree, add, node):
                raise Refused(
                    "buffer-not-understood", node, f"`{code(add)}` may owe more, and this turn ends before it is written"
                )


def _either(tree: Tree, one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether of two nodes of a turn only one is reached: they stand in two branches of an `if`."""
    for above in tree.ancestors(one):
        if isinstance(above, cst.If) and tree.within(other, above):
            return tree.within(one, above.body) != tree.within(other, above.body)
    return False


def _word_of(call: cst.Call) -> str:
    return (
        _word(call.args[0].value)
        if call.args and isinstance(call.func, cst.Attribute) and call.func.attr.value == "sendall"
        else ""
    )


def _writes(tree: Tree, names: Names, call: cst.Call) -> bool:
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "sendall":
        return bool(_word_of(call))
    function = names.function(call.func)
    inner = [function, *called(tree, names, [function])] if function is not None else []
    return any(tree.function(each) in inner and _word_of(each) for each in tree.all(cst.Call))


def _adds(tree: Tree, names: Names, call: cst.Call, grown: list[cst.BaseExpression]) -> bool:
    function = names.function(call.func)
    functions = [function] if function is not None else names.held_functions(call.func)
    inner = [*functions, *called(tree, names, functions)]
    return any(tree.function(node) in inner for node in grown)


def _begins_empty(
    tree: Tree, names: Names, converse: cst.FunctionDef, buffers: set[str], grown: list[cst.BaseExpression]
) -> None:
    """Raise Refused when something is owed before the first turn: it would wait for input."""
    first = [
        each
        for each in contains(converse)
        if isinstance(each, cst.Call) and not any(isinstance(above, cst.While) for above in tree.ancestors(each))
    ]
    for call in first:
        owner = names.class_called(call.func)
        init = names.find_method(owner, "__init__") if owner is not None else None
        for node in grown:
            if init is not None and tree.function(node) in [init, *called(tree, names, [init])]:
                raise Refused("buffer-not-understood", node, f"`{code(node)}` is owed from the beginning")
    for node in grown:
        if tree.function(node) is converse and not any(isinstance(above, cst.While) for above in tree.ancestors(node)):
            raise Refused("buffer-not-understood", node, f"`{code(node)}` is owed from the beginning")
    for value in (arg for call in first for arg in call.args if arg.keyword is not None and arg.keyword.value in buffers):
        if code(value.value) not in EMPTY:
            raise Refused("buffer-not-understood", value, f"`{code(value)}` is owed from the beginning")
