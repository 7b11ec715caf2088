"""Threads that a conversation starts for a part of its work, and waits for: two of them pass on what two sockets say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._joined_texts import ALONE
from iomodels.migrate.rewrite.threads import Start, starts
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["join_threads"]

TASKS = "tasks"


@dataclass
class _Joined:
    """A thread of its own name. began, ended: the statements `thread.start()` and `thread.join()`."""

    start: Start
    began: cst.SimpleStatementLine
    ended: cst.SimpleStatementLine


@dataclass
class _Block:
    """What stands between the first start and the last join. new: what the statements have become, while edits are made."""

    threads: list[_Joined] = field(default_factory=list)
    new: list[cst.CSTNode] = field(default_factory=list)


def join_threads(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Let threads that a function starts and waits for be tasks in a block of it. Raises Refused for others."""
    blocks: dict[int, tuple[cst.IndentedBlock, _Block]] = {}
    for function in functions:
        for start in starts(unit.tree, unit.names, function):
            if unit.tree.function(start.call) is not function or id(start.call) in unit.consumed:
                continue
            joined = _joined(unit, start)
            block = unit.tree.parent(joined.began)
            assert isinstance(block, cst.IndentedBlock)
            blocks.setdefault(id(block), (block, _Block()))[1].threads.append(joined)
    for block, found in blocks.values():
        _check(unit, block, found)
        for joined in found.threads:
            _convert(unit, joined, found)
        unit.edits.edit(block, "joined", partial(_in_block, unit, found))
        unit.note(found.threads[0].start.call, "threads that are waited for: tasks in a block, which waits for them")


def _joined(unit: Unit, start: Start) -> _Joined:
    tree, assign = unit.tree, unit.tree.parent(start.call)
    variable = unit.names.variable(assign.targets[0].target) if isinstance(assign, cst.Assign) else None
    if start.target is None or variable is None or len(unit.names.stores[variable]) != 1:
        raise Refused("thread-is-used", start.call, "a conversation starts a thread, and does not wait for it where it does")
    began, ended = _line(unit, variable, "start"), _line(unit, variable, "join")
    if began is None or ended is None or len(unit.names.loads[variable]) != 2 or variable.attribute:
        raise Refused("thread-is-used", start.call, "the thread is not started once, and waited for once")
    made = tree.statement(start.call)
    if len({id(tree.parent(line)) for line in (made, began, ended)}) != 1 or not isinstance(
        tree.parent(made), cst.IndentedBlock
    ):
        raise Refused("thread-is-used", start.call, "the thread is made, started and waited for in different blocks")
    return _Joined(start, began, ended)


def _line(unit: Unit, variable: Variable, method: str) -> cst.SimpleStatementLine | None:
    """The line that calls a method of the thread, without arguments, and does nothing else."""
    for load in unit.names.loads[variable]:
        attribute = unit.tree.parent(load)
        call = unit.tree.parent(attribute) if isinstance(attribute, cst.Attribute) else None
        statement = unit.tree.parent(call) if isinstance(call, cst.Call) and not call.args else None
        line = unit.tree.parent(statement) if isinstance(statement, cst.Expr) else None
        if (
            isinstance(attribute, cst.Attribute)
            and attribute.attr.value == method
            and isinstance(line, cst.SimpleStatementLine)
        ):
            return line if len(line.body) == 1 else None
    return None


def _check(unit: Unit, block: cst.IndentedBlock, found: _Block) -> None:
    """Raise Refused unless all are started, then something is done, and then all are waited for."""
    places = [next(index for index, line in enumerate(block.body) if line is each.ended) for each in found.threads]
    first = found.threads[0].start.call
    if max(places) - min(places) + 1 != len(places):
        raise Refused("thread-is-used", first, "something is done between the waits for threads")
    inside = block.body[: max(places)]
    for kind in (cst.Return, cst.Break, cst.Continue):
        for node in unit.tree.all(kind):
            began = min(unit.tree.line(each.began) for each in found.threads)
            if any(unit.tree.within(node, line) for line in inside) and unit.tree.line(node) > began:
                raise Refused("thread-is-used", node, "it leaves while a thread is running")
    if any(name.value == TASKS for name in unit.tree.all(cst.Name)):
        raise Refused("shared-code", first, f"the name `{TASKS}` is needed for something else")


def _convert(unit: Unit, joined: _Joined, found: _Block) -> None:
    start = joined.start
    assert start.target is not None
    function = unit.names.function(start.target)
    if function is None:
        raise Refused("thread-is-used", start.target, f"`{unit.tree.code(start.target)}` is not a function of this file")
    unit.roots.append(function)
    unit.passed.update({id(element.value): (start.target, index) for index, element in enumerate(start.args)})
    calls = [
        call for call in unit.tree.all(cst.Call) if unit.tree.within(call, joined.began) or unit.tree.within(call, joined.ended)
    ]
    unit.consumed.update({id(start.target), id(start.call), *(id(call) for call in calls)})
    unit.edits.need(ALONE[unit.table.library])
    unit.use(unit.table.tasks, None)
    unit.wait(start.call)
    unit.quiet.add(id(start.call))

    def begin(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        line = cst.parse_statement(_text(unit, start))
        found.new.append(line.with_changes(leading_lines=updated.leading_lines))
        return found.new[-1]  # type: ignore[return-value]

    def end(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        found.new.append(updated)
        return updated

    unit.edits.remove(unit.tree.parent(start.call))  # type: ignore[arg-type]
    unit.edits.edit(joined.began, "begin", begin)
    unit.edits.edit(joined.ended, "end", end)


def _text(unit: Unit, start: Start) -> str:
    """The statement that starts the task."""
    assert start.target is not None
    arguments = [unit.tree.code(start.target)]
    for element in start.args:
        ends = unit.ends_of(element.value)
        arguments += ends.both if ends is not None else [unit.tree.code(element.value)]
    if unit.table.library is Target.ASYNCIO:
        return f"{TASKS}.create_task(alone({', '.join(arguments)}))"
    return f"{TASKS}.start_soon(alone, {', '.join(arguments)})"


def _in_block(unit: Unit, found: _Block, updated: cst.IndentedBlock) -> cst.IndentedBlock:
    places = [index for index, line in enumerate(updated.body) if any(line is each for each in found.new)]
    first, last = places[0], places[-1]
    ended = len(found.threads)
    inside = list(updated.body[first : last - ended + 1])
    with_ = cst.parse_statement(f"async with {unit.use(unit.table.tasks, None)} as {TASKS}:\n    pass")
    assert isinstance(with_, cst.With)
    lines = inside[0].leading_lines  # type: ignore[attr-defined]
    inside[0] = inside[0].with_changes(leading_lines=())
    with_ = with_.with_changes(body=cst.IndentedBlock(inside), leading_lines=lines)
    return updated.with_changes(body=[*updated.body[:first], with_, *updated.body[last + 1 :]])
