"""The second text: `accept` and the start of a thread; what else was done with a new connection begins its conversation."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._excepts import live
from iomodels.migrate.rewrite.shapes._found import accepting
from iomodels.migrate.rewrite.shapes._tools import code, contains, mentions, only, replace_texts, replace_where, suite
from iomodels.migrate.rewrite.shapes._welcome import check_names, is_annotated, makes, named
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["begin"]


@dataclass(frozen=True)
class _Accepted:
    """accepting: `connection, address = listener.accept()`. welcome: what is done with them."""

    accepting: cst.BaseStatement
    welcome: list[cst.CSTNode]
    connection: str
    address: str


def begin(tree: Tree, names: Names, name: str, watched: set[str]) -> str:
    """The text. name: the function with the turns; watched: the collections that the loop watched. Raises Refused."""
    [call] = accepting(tree, names)
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    block = tree.parent(tree.statement(call))
    around = tree.parent(block) if block is not None else None
    if not isinstance(block, cst.IndentedBlock | cst.Module):
        raise Refused("odd-event-loop", call, "`accept` stands on a line with others")
    index = next(index for index, each in enumerate(block.body) if tree.within(call, each))
    accepted = _accepted(tree, names, call, block.body[index], list(block.body[index + 1 :]))
    edits = Edits(tree)
    before = list(block.body[:index])
    if isinstance(around, cst.Try) and around.body is block:
        _in_try(tree, names, edits, around, before, accepted, converse, watched)
    else:
        start = _converse(tree, names, edits, call, accepted, converse, watched)
        edits.replace(block, block.with_changes(body=[*before, accepted.accepting, start]))
    return apply(tree, edits).code


def _accepted(tree: Tree, names: Names, call: cst.Call, line: cst.CSTNode, rest: list[cst.CSTNode]) -> _Accepted:
    small, parent = only(line), tree.parent(call)
    if isinstance(small, cst.Assign) and small.value is call and len(small.targets) == 1:
        target = small.targets[0].target
        if (
            isinstance(target, cst.Tuple)
            and len(target.elements) == 2
            and all(isinstance(each.value, cst.Name) for each in target.elements)
        ):
            connection, address = (code(each.value) for each in target.elements)
            assert isinstance(line, cst.SimpleStatementLine)
            plain = line.with_changes(
                body=[small.with_changes(targets=[cst.AssignTarget(target.with_changes(lpar=(), rpar=()))])]
            )
            return _Accepted(plain, rest, connection, address)
    if isinstance(parent, cst.Subscript) and code(parent).endswith("[0]") and isinstance(small, cst.Expr | cst.Assign):
        assert isinstance(line, cst.SimpleStatementLine)
        connection = "connection"
        argument = tree.parent(parent)
        outer = tree.parent(argument) if argument is not None else None
        owner = names.class_called(outer.func) if isinstance(outer, cst.Call) else None
        init = names.find_method(owner, "__init__") if owner is not None else None
        if isinstance(small, cst.Assign) and small.value is parent:
            connection = code(small.targets[0].target)
            return _Accepted(_assignment(line, connection, call), rest, connection, "_")
        if init is not None and isinstance(outer, cst.Call) and outer.args[0] is argument and len(init.params.params) > 1:
            connection = init.params.params[1].name.value
        first = replace_where(line, lambda node: cst.Name(connection) if node is parent else None)
        first = first.with_changes(leading_lines=())
        return _Accepted(_assignment(line, connection, call), [first, *rest], connection, "_")
    raise Refused("odd-event-loop", call, "what `accept` gives is not taken apart into the connection and its address")


def _assignment(line: cst.SimpleStatementLine, connection: str, call: cst.Call) -> cst.BaseStatement:
    return cst.parse_statement(f"{connection}, _ = {code(call)}").with_changes(leading_lines=line.leading_lines)


def _in_try(
    tree: Tree,
    names: Names,
    edits: Edits,
    around: cst.Try,
    before: Sequence[cst.CSTNode],
    accepted: _Accepted,
    converse: cst.FunctionDef,
    watched: set[str],
) -> None:
    """`accept` in a `try`: clauses that are left stand round it alone; when they caught nothing, the task is started."""
    outer = tree.parent(around)
    handlers = live(names, around.handlers)
    if not isinstance(outer, cst.IndentedBlock) or around.orelse is not None or around.finalbody is not None:
        raise Refused("odd-event-loop", around, "`accept` stands in a `try` of a form that is not known")
    index = next(index for index, each in enumerate(outer.body) if each is around)
    after = list(outer.body[index + 1 :])
    idle = any(code(handler.type) == "TimeoutError" for handler in handlers if handler.type is not None)
    if not idle:
        accepted = _Accepted(accepted.accepting, [*accepted.welcome, *after], accepted.connection, accepted.address)
    start = _converse(tree, names, edits, around, accepted, converse, watched)
    rest = after if idle else []
    if not handlers:
        accepting = accepted.accepting.with_changes(leading_lines=around.leading_lines)
        edits.replace(outer, outer.with_changes(body=[*outer.body[:index], *before, accepting, start, *rest]))
        return
    for handler in handlers:
        last = handler.body.body[-1]
        if (
            after
            and not idle
            and not (
                isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return | cst.Continue | cst.Raise)
            )
        ):
            raise Refused(
                "odd-event-loop", handler, "what is done when `accept` fails cannot be told from what is done with a connection"
            )
    new = around.with_changes(
        body=suite([*before, accepted.accepting]), handlers=handlers, orelse=cst.Else(cst.IndentedBlock([start]))
    )
    edits.replace(outer, outer.with_changes(body=[*outer.body[:index], new, *rest]))


def _converse(
    tree: Tree,
    names: Names,
    edits: Edits,
    place: cst.CSTNode,
    accepted: _Accepted,
    converse: cst.FunctionDef,
    watched: set[str],
) -> cst.BaseStatement:
    """Give the conversation its beginning, and its parameters. Returns the statement that starts it."""
    for node in (node for statement in accepted.welcome for node in contains(statement)):
        if isinstance(node, cst.Return) and node.value is not None:
            raise Refused("odd-event-loop", place, "the function that accepts returns something, which its caller may look at")
    params = converse.params.params
    old = params[-1].name.value
    me = params[0].name.value if len(params) == 2 else ""
    welcome, made = named(names, accepted.welcome, old, watched)
    check_names(tree, names, place, welcome, {accepted.connection, accepted.address, me})
    body: list[cst.CSTNode] = list(converse.body.body)
    if not made and old != accepted.connection and not any(makes(each, old) for each in welcome):
        if any(mentions(each, accepted.connection) for each in body):
            raise Refused("odd-event-loop", place, f"`{accepted.connection}` is another thing where a connection is served")
        body = [replace_texts(each, {old: accepted.connection}) for each in body]
    used = accepted.address != "_" and any(mentions(each, accepted.address) for each in [*welcome, *body])
    given = [accepted.connection, *([accepted.address] if used else [])]
    typed = ": socket.socket" if is_annotated(tree) else ""
    own = [me] if me else []
    head = cst.parse_statement(
        f"def f({', '.join([*own, accepted.connection + typed, *given[1:]])}){' -> None' if typed else ''}:\n    pass"
    )
    assert isinstance(head, cst.FunctionDef)
    edits.replace(converse, converse.with_changes(params=head.params, returns=head.returns, body=suite([*welcome, *body])))
    args = f"({given[0]},)" if len(given) == 1 else f"({', '.join(given)})"
    target = f"{me}.{converse.name.value}" if me else converse.name.value
    return cst.parse_statement(f"threading.Thread(target={target}, args={args}, daemon=True).start()")
