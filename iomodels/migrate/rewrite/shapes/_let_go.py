"""Connections that are let go in a loop on select: out of all that held them, and not closed. Here the close is written down.

They closed when nothing referred to them any more: the names of the loop did, until other connections got those.
"""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.shapes._tools import closes, code, contains, is_call_statement, only
from iomodels.migrate.rewrite.shapes._write_part import says
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["closed_when_let_go"]

PUTS, TAKES = {"append", "add"}, {"remove", "discard"}
METHODS = {"close", "fileno", "getpeername", "getsockname", "recv", "send", "sendall", "setblocking", "setsockopt", "shutdown"}
JUMPS = (cst.Continue, cst.Pass)


@dataclass
class _Held:
    """names: those that hold connections. kept: what connections are put into. unknown: a use that may hold one besides."""

    names: set[Variable] = field(default_factory=set)
    kept: set[Variable] = field(default_factory=set)
    unknown: cst.CSTNode | None = None


def closed_when_let_go(tree: Tree, names: Names, found: Found) -> str | None:
    """The text in which they are closed; None where there are none. Raises Refused where something may hold them still."""
    made = accepted_as(tree, found)
    accepted = names.variable(made) if made is not None else None
    if found.kind != "select" or accepted is None:
        return None
    arms = _arms(tree, names, found)
    refused = _refused(tree, names, found, accepted)
    if not arms and not refused:
        return None
    held = _held(tree, names, found, accepted)
    edits = Edits(tree)
    for block, name in arms:
        _nothing_holds(tree, names, held, block, name)
        _close(edits, block, name.value)
    for block in refused:
        if held.unknown is not None:
            raise Refused("end-not-understood", held.unknown, "it may be held here, and closes only when nothing holds it")
        _close(edits, block, accepted.name)
    return apply(tree, edits).code


def _close(edits: Edits, block: cst.IndentedBlock, name: str) -> None:
    last = len(block.body) - (1 if isinstance(only(block.body[-1]), JUMPS) else 0)
    close = cst.parse_statement(f"{name}.close()")
    edits.replace(block, block.with_changes(body=[*block.body[:last], close, *block.body[last:]]))


def _arms(tree: Tree, names: Names, found: Found) -> list[tuple[cst.IndentedBlock, cst.Name]]:
    """The blocks that take a connection out of what is watched, and do not close it; and its name."""
    arms = []
    watched = names.variable(found.call.args[0].value) if found.call.args else None
    for line in tree.all(cst.SimpleStatementLine):
        call, block = is_call_statement(line), tree.parent(line)
        if call is None or not tree.within(line, found.loop) or not isinstance(block, cst.IndentedBlock):
            continue
        name = call.args[0].value if len(call.args) == 1 else None
        takes = isinstance(call.func, cst.Attribute) and call.func.attr.value in TAKES
        if not takes or names.variable(call.func.value) != watched or watched is None or not isinstance(name, cst.Name):  # type: ignore[attr-defined]
            continue
        if not any(_closes(names, each) for each in block.body):
            arms.append((block, name))
    return arms


def _refused(tree: Tree, names: Names, found: Found, accepted: Variable) -> list[cst.IndentedBlock]:
    """The blocks that go on with the loop before a new connection is put anywhere."""
    blocks = []
    for statement in tree.behind(tree.statement(found.accept)):
        parts = [each for each in contains(statement) if isinstance(each, cst.Name) and names.variable(each) == accepted]
        if isinstance(statement, cst.If) and statement.orelse is None and isinstance(statement.body, cst.IndentedBlock):
            last = only(statement.body.body[-1])
            if isinstance(last, cst.Continue) and not any(_closes(names, each) for each in statement.body.body):
                if any(_put(tree, each) is not None for each in parts):
                    break
                blocks.append(statement.body)
        if any(_put(tree, each) is not None for each in parts):
            break
    return blocks


def _closes(names: Names, line: cst.CSTNode) -> bool:
    call = is_call_statement(line)
    return call is not None and (code(call.func).endswith(".close") or closes(names, call))


def _held(tree: Tree, names: Names, found: Found, accepted: Variable) -> _Held:
    """Where connections go, from the name that the accepted one gets and those that the loop gives the ready ones."""
    given = _given(tree, names, found)
    held, todo = _Held(), list[Variable | None]([accepted])
    for variable in given:
        held.unknown = next((each for each in names.loads[variable] if not _seen(tree, names, each)), held.unknown)
    while True:
        loops = [each for each in tree.all(cst.For) if _over(names, each) in {*given, *held.kept}]
        todo += [names.variable(each.target) for each in loops if names.variable(each.target) not in held.names]
        if not todo:
            break
        _follow(tree, names, held, todo)
    gone_through = {id(loop.target) for loop in loops}
    for store in (each for variable in held.names for each in names.stores[variable]):
        accepts = tree.within(found.accept, tree.statement(store.node))
        if id(store.node) not in gone_through and store.function is None and not accepts:
            held.unknown = store.node
    return held


def _follow(tree: Tree, names: Names, held: _Held, todo: list[Variable | None]) -> None:
    while todo:
        variable = todo.pop()
        if variable is None:
            held.unknown = held.unknown or tree.module
        elif variable not in held.names:
            held.names.add(variable)
            for load in names.loads[variable]:
                if not _known(tree, names, load, held, todo):
                    held.unknown = load


def _over(names: Names, loop: cst.For) -> Variable | None:
    """The variable that a loop goes through, or a copy of it."""
    node = loop.iter
    if isinstance(node, cst.Call) and code(node.func) in {"list", "tuple"} and len(node.args) == 1:
        node = node.args[0].value
    return names.variable(node)


def _given(tree: Tree, names: Names, found: Found) -> list[Variable]:
    """The names of the lists that the wait gives, which hold connections until the next one."""
    line = tree.statement(found.call)
    return [each for each, stores in names.stores.items() if stores and all(tree.within(one.node, line) for one in stores)]


def _known(tree: Tree, names: Names, load: cst.CSTNode, held: _Held, todo: list[Variable | None]) -> bool:
    """Whether a use of a connection does not hold it, or in something that is remembered here."""
    if (container := _put(tree, load)) is not None:
        variable = names.variable(container)
        held.kept |= {variable} if variable is not None else set()
        return variable is not None
    parent = tree.parent(load)
    call = tree.parent(parent) if parent is not None else None
    match parent:
        case cst.Attribute(attr=cst.Name(value=method)):
            return method in METHODS and isinstance(call, cst.Call) and call.func is parent
        case cst.Comparison() | cst.ComparisonTarget():
            return True
        case cst.Arg() if isinstance(call, cst.Call):
            function = names.function(call.func)
            if function is not None and parent.keyword is None and not parent.star and tree.class_of(function) is None:
                index = next(index for index, each in enumerate(call.args) if each is parent)
                params = function.params.params
                todo.append(names.variable(params[index].name) if index < len(params) else None)
                return index < len(params)
            taken = isinstance(call.func, cst.Attribute) and call.func.attr.value in {*TAKES, "pop"}
            return taken or says(names, call)
    return False


def _put(tree: Tree, load: cst.CSTNode) -> cst.BaseExpression | None:
    """What a connection is put into, or a table that is asked for it: that may be one which then has it as a key."""
    parent = tree.parent(load)
    above = tree.parent(parent) if parent is not None else None
    if isinstance(parent, cst.Arg) and isinstance(above, cst.Call) and isinstance(above.func, cst.Attribute):
        return above.func.value if above.func.attr.value in PUTS else None
    subscript = tree.parent(above) if isinstance(parent, cst.Index) and above is not None else None
    return subscript.value if isinstance(subscript, cst.Subscript) else None


def _nothing_holds(tree: Tree, names: Names, held: _Held, block: cst.IndentedBlock, name: cst.Name) -> None:
    """Raise Refused unless a block takes a connection out of all that it may have been put into, and that is seen whole."""
    if held.unknown is not None:
        raise Refused("end-not-understood", held.unknown, "it may be held here, and closes only when nothing holds it")
    if names.variable(name) not in held.names:
        raise Refused("end-not-understood", name, "it is not watched any more, and stays open")
    gone = {names.variable(each) for line in block.body if (each := _taken_out(line, name.value)) is not None}
    for variable in held.kept:
        if variable not in gone:
            raise Refused("end-not-understood", name, f"it is not watched any more, and stays open: `{variable.name}` holds it")
        if len(names.stores[variable]) != 1:
            raise Refused("end-not-understood", name, f"it is not watched any more, and an older `{variable.name}` may hold it")
        for load in names.loads[variable]:
            if not _seen(tree, names, load):
                raise Refused("end-not-understood", load, f"`{variable.name}` is used here, and may give its connections away")


def _taken_out(line: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """What a line takes a connection out of: `clients.remove(client)`, asked before or not, `del clients[client]`."""
    if isinstance(line, cst.If) and line.orelse is None and len(line.body.body) == 1:
        inner = _taken_out(line.body.body[0], name)
        return inner if inner is not None and code(line.test) == f"{name} in {code(inner)}" else None
    small, call = only(line), is_call_statement(line)
    if isinstance(small, cst.Del) and isinstance(small.target, cst.Subscript):
        return small.target.value if [code(each) for each in small.target.slice] == [name] else None
    if call is not None and isinstance(call.func, cst.Attribute) and call.func.attr.value in {*TAKES, "pop"} and call.args:
        return call.func.value if code(call.args[0].value) == name else None
    return None


def _seen(tree: Tree, names: Names, load: cst.CSTNode) -> bool:
    """Whether a use of what holds connections gives none of them away."""
    parent = tree.parent(load)
    call = tree.parent(parent) if parent is not None else None
    match parent:
        case cst.Attribute(attr=cst.Name(value=method)):
            puts = isinstance(call, cst.Call) and call.func is parent and method in PUTS | TAKES
            return puts or (isinstance(call, cst.Call) and method == "pop" and bool(call.args))
        case cst.Subscript():  # of a table, whose keys they are
            return all(isinstance(each, cst.Dict) for each in names.values(names.variable(load)))
        case cst.ComparisonTarget() | cst.While() | cst.If():
            return True
        case cst.For():
            return isinstance(parent.target, cst.Name)
        case cst.Arg() if isinstance(call, cst.Call):
            loop = tree.parent(call)
            copied = code(call.func) in {"list", "tuple"} and isinstance(loop, cst.For) and isinstance(loop.target, cst.Name)
            return copied or names.qualified(call.func) in {"select.select", "builtins.len"}
    return False
