"""`threading.current_thread().name`, where a thread was given a name: the task gets it, and is asked for it.

Where a thread is asked for, and nobody looks at it, nothing is asked.
"""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert", "with_name"]

CURRENT = {"threading.current_thread", "threading.currentThread"}


def convert(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Let functions of the conversation ask for the task's name."""
    _drop_unused(unit, functions)
    if unit.task_name is None:
        return
    for node in unit.tree.all(cst.Attribute):
        call = node.value
        asks = node.attr.value == "name" and isinstance(call, cst.Call) and unit.names.qualified(call.func) in CURRENT
        if asks and any(unit.tree.within(node, function) for function in functions):
            unit.consumed.add(id(call))
            unit.tells_names = True
            unit.edits.replace(node, cst.parse_expression(unit.use(unit.table.task_name, None)))


def _drop_unused(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Take `thread = threading.current_thread()` out, where the variable is of the function and nothing else names it."""
    for assign in unit.tree.all(cst.Assign):
        call, target = assign.value, assign.targets[0].target
        asks = isinstance(call, cst.Call) and unit.names.qualified(call.func) in CURRENT and len(assign.targets) == 1
        function = next((each for each in functions if unit.tree.function(assign) is each), None)
        if not (unit.concurrent and asks and isinstance(target, cst.Name) and function is not None):
            continue
        named = [name for name in unit.tree.all(cst.Name) if name.value == target.value and unit.tree.within(name, function)]
        if named == [target]:
            unit.consumed.add(id(call))
            unit.edits.remove(assign)
            unit.note(assign, "nobody looks at the thread that is asked for")


def with_name(unit: Unit, start: cst.BaseExpression) -> cst.BaseExpression:
    """The call that starts a task, with its name where somebody asks for it."""
    if not unit.tells_names or unit.task_name is None or not isinstance(start, cst.Call):
        return start
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return start.with_changes(args=[*start.args, cst.Arg(unit.task_name, keyword=cst.Name("name"), equal=tight)])
