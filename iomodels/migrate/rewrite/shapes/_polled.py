"""A loop that polls, taken apart, and written as threads would have it: `accept` in the loop, a task for each client."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.origin import is_tcp_socket
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._asked import ask_until_closed, send_all
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["CONVERSE", "Polled", "polled", "with_threads"]

CONVERSE = "converse"
NOTHING = (cst.Return, cst.Pass, cst.Continue)


@dataclass(frozen=True)
class Polled:
    """A loop that polls.

    loop: the `while`. accept: the one call. turns: the `for` over the connections. listed: what holds them. handler: what is
    called for each.
    """

    loop: cst.While
    accept: cst.Call
    turns: cst.For
    listed: Variable
    handler: cst.FunctionDef


def polled(tree: Tree, names: Names) -> Iterator[Polled]:
    """The loop of a file that accepts and serves without waiting, if there is one of this form."""
    accepts = [call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept"]
    if len(accepts) != 1 or not any(_unblocks(tree, call) for call in tree.all(cst.Call)):
        return
    for turns in tree.all(cst.For):
        loop = next((above for above in tree.ancestors(turns) if isinstance(above, cst.While)), None)
        listed = names.variable(_listed(turns.iter))
        calls = [node for node in contains(turns.body) if isinstance(node, cst.Call)]
        functions = [each for call in calls if (each := names.function(call.func)) is not None]
        sleeps = any(
            names.qualified(call.func) == "time.sleep" and loop is not None and tree.within(call, loop)
            for call in tree.all(cst.Call)
        )
        if loop is None or listed is None or not sleeps or len(functions) != 1 or len(calls) != 1:
            continue
        yield Polled(loop, accepts[0], turns, listed, functions[0])


def _unblocks(tree: Tree, call: cst.Call) -> bool:
    return tree.code(call).endswith((".setblocking(False)", ".setblocking(0)", ".settimeout(0)", ".settimeout(0.0)"))


def _listed(node: cst.BaseExpression) -> cst.BaseExpression:
    """The list that a loop goes over a copy of."""
    if isinstance(node, cst.Subscript) and code(node).endswith("[:]"):
        return node.value
    if isinstance(node, cst.Call) and code(node.func) in {"list", "tuple"} and len(node.args) == 1:
        return node.args[0].value
    return node


def with_threads(tree: Tree, names: Names, found: Polled) -> str:
    """The program with a thread for each connection. Raises Refused."""
    assert isinstance(found.accept.func, cst.Attribute)
    if any(name.value == CONVERSE for name in tree.all(cst.Name)):
        raise Refused("shared-code", found.accept, f"the name `{CONVERSE}` is needed for something else")
    if not is_tcp_socket(tree, names, found.accept.func.value):
        raise Refused("unknown-origin", found.accept, "it cannot be seen that it is a TCP socket")
    edits = Edits(tree)
    own = _forget(tree, names, found, edits)
    accepting = _take_apart(tree, names, found, own)
    connection = _connection(accepting[0])
    start = f"threading.Thread(target={CONVERSE}, args=({connection},), daemon=True).start()"
    edits.edit(found.loop.body, "accept", lambda updated: updated.with_changes(body=[*accepting, cst.parse_statement(start)]))
    function = tree.function(found.accept)
    if isinstance(function, cst.FunctionDef) and function is not tree.function(found.loop):
        edits.edit(function, "inline", lambda _: cst.RemoveFromParent())
    ask_until_closed(tree, names, found.handler, edits)
    send_all(tree, names, edits)
    parameter = found.handler.params.params[-1].name.value
    converse = f"def {CONVERSE}({parameter}):\n    while {found.handler.name.value}({parameter}):\n        pass\n"
    blank = [cst.EmptyLine(indent=False)] * 2
    new = cst.parse_statement(converse).with_changes(leading_lines=blank)
    edits.edit(found.handler, "converse", lambda updated: cst.FlattenSentinel([updated, new]))
    return apply(tree, edits).code


def _forget(tree: Tree, names: Names, found: Polled, edits: Edits) -> list[str]:
    """Take the list out, which only says who is asked, and what makes sockets non-blocking. Returns what such lines say."""
    gone = [call for call in tree.all(cst.Call) if _unblocks(tree, call)]
    for load in names.loads[found.listed]:
        if tree.within(load, found.turns.iter):
            continue
        attribute = tree.parent(load)
        call = tree.parent(attribute) if isinstance(attribute, cst.Attribute) else None
        if (
            not isinstance(attribute, cst.Attribute)
            or not isinstance(call, cst.Call)
            or attribute.attr.value not in {"append", "remove"}
        ):
            raise Refused("odd-event-loop", load, f"`{tree.code(load)}` is used for more than to ask who is in it")
        gone.append(call)
    stores = names.stores[found.listed]
    assign = tree.parent(tree.parent(stores[0].node)) if len(stores) == 1 else None  # type: ignore[arg-type]
    if not isinstance(assign, cst.Assign) or tree.code(assign.value) not in {"[]", "list()"}:
        raise Refused("odd-event-loop", found.turns, "the list of connections is more than one")
    edits.remove(assign)
    for call in gone:
        statement = tree.parent(call)
        if not isinstance(statement, cst.Expr):
            raise Refused("odd-event-loop", call, f"what `{tree.code(call)}` returns is used")
        edits.remove(statement)
    return [tree.code(call) for call in gone]


def _take_apart(tree: Tree, names: Names, found: Polled, own: list[str]) -> list[cst.BaseStatement]:
    """What is done for the listening socket, without what goes. Raises Refused for what else the loop does."""
    function, host = tree.function(found.accept), tree.function(found.loop)
    if tree.code(found.loop.test) not in {"True", "1"}:
        raise Refused("odd-event-loop", found.loop, "the loop ends, and what becomes of the connections then cannot be told")
    accepting: list[cst.BaseStatement] | None = None
    for statement in found.loop.body.body:
        calls = [node for node in contains(statement) if isinstance(node, cst.Call)]
        called = [call for call in calls if function is not host and names.function(call.func) is function]
        if tree.within(found.accept, statement):
            accepting = _accepting(tree, names, found, [statement], own)  # type: ignore[list-item]
        elif called and isinstance(only(statement), cst.Expr | cst.Assign) and isinstance(function, cst.FunctionDef):
            given = [tree.code(arg.value) for arg in called[0].args]
            variable = names.variable(function.name)
            once = variable is not None and len(names.loads[variable]) == 1
            if not once or given != [param.name.value for param in function.params.params]:
                raise Refused(
                    "odd-event-loop", called[0], "what accepts is called with something under another name, or from elsewhere"
                )
            accepting = _accepting(tree, names, found, list(function.body.body), own)  # type: ignore[arg-type]
        elif statement is not found.turns and not _pause(tree, names, statement):
            raise Refused("job-each-turn", statement, "it is done at each turn of the loop")
    if accepting is None:
        raise Refused("odd-event-loop", found.accept, "`accept` is not called in each turn of the loop")
    if any(not _flag(node) for node in found.turns.body.body):
        raise Refused("odd-event-loop", found.turns, "what is done for each connection is more than one call")
    return accepting


def _flag(statement: cst.CSTNode) -> bool:
    """Whether it asks one connection, and at most notes that it had something: `if ask(c): busy = True`."""
    if isinstance(statement, cst.If):
        lines = [only(each) for each in statement.body.body]
        return statement.orelse is None and len(lines) == 1 and isinstance(lines[0], cst.Assign)
    return isinstance(only(statement), cst.Expr | cst.AugAssign | cst.Assign)


def _pause(tree: Tree, names: Names, statement: cst.CSTNode) -> bool:
    """Whether it is the pause, or what says whether there is one."""
    small, call = only(statement), is_call_statement(statement)
    if isinstance(statement, cst.If) and statement.orelse is None and len(statement.body.body) == 1:
        call = is_call_statement(statement.body.body[0])
    if call is not None:
        return names.qualified(call.func) == "time.sleep"
    return isinstance(small, cst.Assign) and tree.code(small.value) in {"False", "0", "True", "1"}


def _accepting(
    tree: Tree, names: Names, found: Polled, lines: list[cst.BaseStatement], own: list[str]
) -> list[cst.BaseStatement]:
    """The line that accepts, and what is done with a new connection."""
    new: list[cst.BaseStatement] = []
    for line in lines:
        if isinstance(line, cst.Try):
            caught = {names.qualified(handler.type) if handler.type is not None else "" for handler in line.handlers}
            does = [only(each) for handler in line.handlers for each in handler.body.body]
            if (
                caught - {"builtins.BlockingIOError"}
                or line.finalbody is not None
                or not all(isinstance(each, NOTHING) for each in does)
            ):
                raise Refused("odd-event-loop", line, "something is done when nobody has come, or `accept` fails")
            inner = [*line.body.body, *(line.orelse.body.body if line.orelse is not None else [])]
            new += _accepting(tree, names, found, inner, own)
        elif not isinstance(only(line), NOTHING) and tree.code(line) not in own:
            new.append(line)
    if any(isinstance(node, cst.Return) for line in new for node in contains(line)):
        raise Refused("odd-event-loop", found.accept, "it is left in more than one way when somebody has come")
    return new


def _connection(line: cst.BaseStatement) -> str:
    small = only(line)
    target = small.targets[0].target if isinstance(small, cst.Assign) else None
    if not isinstance(target, cst.Tuple) or ".accept()" not in code(line):
        raise Refused("odd-event-loop", line, "what `accept` gives is not taken apart into the connection and its address")
    return code(target.elements[0].value)
