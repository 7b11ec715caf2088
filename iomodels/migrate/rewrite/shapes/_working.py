"""Workers as tasks: what a worker is, and the loop that starts them, in place of all that made threads of them."""

from collections.abc import Sequence
from itertools import pairwise

import libcst as cst

from iomodels.migrate.rewrite.closing import close_in_the_end
from iomodels.migrate.rewrite.colour import overrides
from iomodels.migrate.rewrite.edits import comments
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._steady import steady
from iomodels.migrate.rewrite.shapes._workers import Workers
from iomodels.migrate.rewrite.task_names import with_name
from iomodels.migrate.rewrite.thread_class import convert_class
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["close_after_each", "convert_workers", "in_sequence", "own_connection", "starting", "waits_at_once"]

LATER = "is done before the worker waits for its first client, and would be done later"


def convert_workers(unit: Unit, workers: Workers, worker: cst.FunctionDef) -> bool:
    """Let threads go, and what they run be awaited. Returns whether they are daemons. Raises Refused."""
    tree, start = unit.tree, workers.start
    unit.roots.append(worker)
    unit.consumed.update(id(call) for each in workers.statements for call in tree.calls_in(each))
    unit.task_name = next(
        (arg.value for arg in start.call.args if arg.keyword is not None and arg.keyword.value == "name"), None
    )
    if len(overrides(tree, unit.names, worker)) > 1:
        raise Refused("thread-is-used", worker, f"`{worker.name.value}` is overridden")
    daemon = workers.daemon
    if start.target is not None:
        if tree.calls_in(start.target):
            raise Refused("thread-is-used", start.target, f"`{tree.code(start.target)}` is made for the thread")
        unit.consumed.add(id(start.target))
    else:
        owner = unit.names.class_called(start.call.func)
        assert owner is not None
        _makes_nothing_else(unit, owner, start.call)
        daemon = convert_class(unit, owner)[1] or daemon
    for statement in (*workers.statements, *([workers.kept] if workers.kept is not None else [])):
        if statement is not workers.loop:
            unit.edits.remove(statement)
    return daemon


def _makes_nothing_else(unit: Unit, owner: cst.ClassDef, call: cst.Call) -> None:
    """Raise Refused where the making of a thread does more than to store what it is given: it will be made later."""
    init = unit.names.find_method(owner, "__init__")
    if init is None:
        if call.args:
            raise Refused("thread-is-used", call, "what the thread is given is Thread's own")
        return
    for small in _small(init.body):
        value = small.value if isinstance(small, cst.Assign) else None
        inits = isinstance(small, cst.Expr) and not isinstance(small.value, cst.Call | cst.Await | cst.Yield)
        of_thread = unit.tree.code(small).rpartition("(")[0].rpartition(".")[2] in {"__init__", "setDaemon", "setName"}
        if not (inits or of_thread or (value is not None and steady(unit.tree, unit.names, value))):
            raise Refused(
                "odd-loop", small, f"`{unit.tree.code(small)}` is done when a worker is made, and would be done later"
            )


def _small(body: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    """The simple statements of a block; compound ones as they are."""
    lines = body.body
    return [each for line in lines for each in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])]


def waits_at_once(unit: Unit, worker: cst.FunctionDef, loop: cst.CSTNode, call: cst.Call) -> None:
    """Raise Refused unless a worker does nothing that is seen before it waits for its first client, at `call` in its loop."""
    tree = unit.tree
    lines = list(worker.body.body)
    if not any(line is loop for line in lines):
        raise Refused("odd-loop", call, "the worker's loop is not a statement of its function, but of a block in it")
    for line in lines:
        if line is loop:
            break
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else [line]:
            if not _is_quiet(unit, small):
                raise Refused("odd-loop", small, f"`{tree.code(small).splitlines()[0]}` {LATER}")
    first: cst.CSTNode = loop
    while isinstance(first, cst.While | cst.For | cst.Try):
        first = first.body.body[0]
    if first is not tree.statement(call) or not isinstance(first, cst.SimpleStatementLine) or len(first.body) > 1:
        raise Refused("odd-loop", first, f"`{tree.code(first).splitlines()[0]}` {LATER}")


def _is_quiet(unit: Unit, small: cst.CSTNode) -> bool:
    if isinstance(small, cst.Expr):
        return isinstance(small.value, cst.BaseString)
    if isinstance(small, cst.Assign):
        plain = all(isinstance(target.target, cst.Name) for target in small.targets)
        shared = {item.name.value for node in unit.tree.all(cst.Global) for item in node.names}
        own = not any(unit.tree.code(target.target) in shared for target in small.targets)
        return plain and own and steady(unit.tree, unit.names, small.value)
    return isinstance(small, cst.Global | cst.Nonlocal | cst.Pass)


def own_connection(unit: Unit, connection: cst.BaseExpression, workers: Workers) -> None:
    """Raise Refused unless each worker has its connection to itself: in a local variable, or in the object that it is."""
    if isinstance(connection, cst.Name):
        shared = [node.names for node in unit.tree.all(cst.Global)] + [node.names for node in unit.tree.all(cst.Nonlocal)]
        own = all(item.name.value != connection.value for items in shared for item in items)
    else:
        own = workers.start.target is None
    if not own:
        raise Refused("connection-escapes", connection, f"the workers share `{unit.tree.code(connection)}`")


def in_sequence(unit: Unit, *statements: cst.CSTNode | None) -> None:
    """Raise Refused unless statements follow each other in one block."""
    those = [each for each in statements if each is not None]
    for one, other in pairwise(those):
        block = unit.tree.parent(one)
        lines = list(block.body) if isinstance(block, cst.IndentedBlock | cst.Module) else []
        index = next((index for index, line in enumerate(lines) if line is one), len(lines))
        after = lines[index + 1] if index + 1 < len(lines) else None
        if after is not other:
            place = after if after is not None else other
            text = unit.tree.code(place).splitlines()[0]
            raise Refused("odd-loop", place, f"`{text}` stands between the making, the start and the end of the workers")


def starting(unit: Unit, workers: Workers, more: str = "") -> cst.BaseStatement:
    """The loop that starts the tasks, with the comments of those that go. more: another argument. To be asked at the end."""
    code, start = unit.tree.code, workers.start
    given = [code(element.value) for element in start.args] if start.target is not None else []
    runs = code(start.target) if start.target is not None else f"{code(start.call)}.run"
    arguments = "".join(f", {text}" for text in [*given, *([more] if more else [])])
    begin = with_name(unit, cst.parse_expression(unit.use(unit.table.start_worker, None, runs, arguments)))
    loop = cst.parse_statement(f"for {code(workers.target)} in {code(workers.iterated)}:\n    x")
    assert isinstance(loop, cst.For)
    lines = [line for each in workers.statements if not isinstance(each, cst.SimpleStatementLine) for line in comments(each)]
    body = cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(begin)])])
    return loop.with_changes(body=body, leading_lines=lines)


def close_after_each(unit: Unit, given: cst.Assign, connection: cst.BaseExpression, loop: cst.CSTNode) -> None:
    """Close each connection of a worker, as its death did; unless the next statement, or one round it, sees to that."""
    variable = unit.names.variable(connection)
    assert variable is not None
    around = [each for each in unit.tree.ancestors(given) if isinstance(each, cst.Try) and unit.tree.within(each, loop)]
    if not any(_sees_to_it(unit, each, variable) for each in [*_after(unit, given, loop), *around]):
        close_in_the_end(unit, given, connection, loop)


def _after(unit: Unit, given: cst.CSTNode, loop: cst.CSTNode) -> list[cst.CSTNode]:
    """What may be executed next after a statement: what follows it, or what it stands in, in a block."""
    below: cst.CSTNode = unit.tree.statement(given)
    while below is not loop:
        block = unit.tree.parent(below)
        if isinstance(block, cst.IndentedBlock) and below is not block.body[-1]:
            index = next(index for index, line in enumerate(block.body) if line is below)
            return [block.body[index + 1]]
        assert block is not None
        below = block
    return []


def _sees_to_it(unit: Unit, statement: cst.CSTNode, variable: Variable) -> bool:
    """Whether a statement closes a connection whatever happens: `with` it, or `try` with a `finally` that begins with that."""
    tree = unit.tree
    loads = unit.names.loads[variable]
    if isinstance(statement, cst.With):
        inside = [load for load in loads if any(tree.within(load, item.item) for item in statement.items[:1])]
        return any(isinstance(tree.parent(load), cst.WithItem | cst.Arg) for load in inside)
    if not isinstance(statement, cst.Try) or statement.finalbody is None:
        return False
    first = tree.code(statement.finalbody.body.body[0])
    return any(first == f"{tree.code(load)}.close()" for load in loads if tree.within(load, statement.finalbody))
