"""Chats: one turn at a time, as the loop had them. A conversation receives alone, and holds a lock for the rest of its turn.

So the writes of one turn are not among those of another, all others get things in one order, and nobody comes or leaves while
those to write to are gone through. Who does not read holds up all, as before.
"""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._tools import apart, code, contains, only, suite
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["one_turn_at_a_time"]

PLAIN = {f"builtins.{each}" for each in ("bool", "bytes", "float", "int", "int.from_bytes", "isinstance", "len", "str")}
TURN = ("turn", "one_turn", "turn_of_the_loop")


def one_turn_at_a_time(tree: Tree, names: Names, name: str) -> str:
    """The text in which the conversation takes a lock for its beginning, and for each turn. Raises Refused."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    lock = next((each for each in TURN if not any(node.value == each for node in tree.all(cst.Name))), "")
    *welcome, loop = converse.body.body
    if not lock or not isinstance(loop, cst.While) or code(loop.test) != "True" or loop.orelse is not None:
        raise Refused("writes-to-others", converse, "where its turns begin cannot be told")
    first, *turn = loop.body.body
    if not _only_receives(tree, names, first):
        raise Refused("writes-to-others", first, "its turn does not begin with what receives, and does nothing else")
    waits = bool(welcome) and _only_receives(tree, names, welcome[0])
    before, locked = (welcome[:1], welcome[1:]) if waits else ([], welcome)
    for call in (each for part in (*locked, *turn) for each in contains(part)):
        if isinstance(call, cst.Call) and _receives(tree, names, call):
            raise Refused("writes-to-others", call, "it receives in the midst of a turn, which nobody else may disturb")
    edits = Edits(tree)
    edits.replace(loop.body, loop.body.with_changes(body=[first, *_holding(lock, turn)]))
    edits.edit(
        converse.body,
        "lock",
        lambda updated: updated.with_changes(body=[*before, *_holding(lock, locked), updated.body[-1]]),
    )
    top = next(above for above in (converse, *tree.ancestors(converse)) if tree.parent(above) is tree.module)
    made = apart(cst.parse_statement(f"{lock} = threading.Lock()  # one client's turn at a time, as in the loop"))
    edits.edit(top, "made", lambda updated: cst.FlattenSentinel([made, apart(updated)]))
    return apply(tree, edits).code


def _holding(lock: str, statements: Sequence[cst.CSTNode]) -> list[cst.BaseStatement]:
    if not statements:
        return []
    return [cst.With([cst.WithItem(cst.Name(lock))], suite(statements))]


def _only_receives(tree: Tree, names: Names, line: cst.CSTNode) -> bool:
    """Whether a line is `data = connection.recv(1024)`, or so by a function of the file that uses nothing but its own."""
    small = only(line)
    call = small.value if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
    if not isinstance(call, cst.Call) or not all(isinstance(arg.value, cst.Name | cst.Integer) for arg in call.args):
        return False
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value == "recv" and isinstance(call.func.value, cst.Name)
    function = names.function(call.func)
    return function is not None and _receives(tree, names, call) and _on_its_own(tree, names, function)


def _on_its_own(tree: Tree, names: Names, function: cst.FunctionDef) -> bool:
    """Whether a function does nothing but to receive, and to read what it got: nobody else sees when it does."""
    for node in contains(function.body):
        if isinstance(node, cst.Global | cst.Nonlocal | cst.FunctionDef | cst.Lambda):
            return False
        if isinstance(node, cst.Call) and not _reads(names, node):
            return False
        variable = names.variable(node) if isinstance(node, cst.Name) else None
        stores = names.stores[variable] if variable is not None else []
        if variable is None or all(tree.function(store.node) is function for store in stores):
            continue
        if len(stores) != 1 or not isinstance(stores[0].value, cst.Integer | cst.SimpleString):
            return False
    return True


def _reads(names: Names, call: cst.Call) -> bool:
    """Whether a call is of something of Python's that says and changes nothing, or of a method of what a name holds."""
    name = names.qualified(call.func)
    known = name in PLAIN or name.startswith(("struct.", "json."))
    return known or (not name and isinstance(call.func, cst.Attribute))


def _receives(tree: Tree, names: Names, call: cst.Call) -> bool:
    """Whether a call, or what it calls in this file, receives."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in {"recv", "recv_into"}:
        return True
    function = names.function(call.func)
    if function is None or tree.within(call, function):
        return False
    return any(isinstance(each, cst.Call) and _receives(tree, names, each) for each in contains(function.body))
