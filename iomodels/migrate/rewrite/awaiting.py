"""A call of the standard library that waits becomes one that is awaited: the library's own form of it, or a thread."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite import operations
from iomodels.migrate.rewrite.in_threads import in_thread
from iomodels.migrate.rewrite.processes import run_process
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.waits import FUTURE, blocks, submits

__all__ = ["await_call", "await_known"]

LOOK_UP = ("host", "port", "family", "type", "proto", "flags")
KNOWN = {"IOM305", "IOM309", FUTURE}  # they end by themselves: no thread, of which there are so many, is held for long


def await_known(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Let a conversation's look-ups and processes be awaited. What a thread did meanwhile, a task may do."""
    if not unit.concurrent:
        return
    places = [*functions, *([unit.region] if unit.region is not None else [])]
    for call in unit.tree.all(cst.Call):
        if id(call) in unit.consumed or not any(unit.tree.within(call, place) for place in places):
            continue
        if submits(unit.tree, unit.names, call):
            unit.consumed.add(id(call))
        rule = blocks(unit.tree, unit.names, call)
        if rule in KNOWN:
            unit.wait(call)
            unit.quiet.add(id(call))
            unit.consumed.add(id(call))
            await_call(unit, call, rule)
            unit.note(call, f"`{unit.tree.code(call.func)}` is awaited")


def await_call(unit: Unit, call: cst.Call, rule: str) -> None:
    """Convert one call. rule: of what it breaks in async code, as `blocks` tells it."""
    name, library = unit.names.qualified(call.func), unit.table.library
    spelled = not any(arg.star for arg in call.args)
    if name == "time.sleep" and spelled and len(call.args) == 1 and call.args[0].keyword is None:
        operations.put(unit, call, unit.table.sleep, None)
    elif rule == "IOM309" and name:
        run_process(unit, call)
    elif name in {"socket.getaddrinfo", "socket.getnameinfo"} and library is not Target.ANYIO and spelled:
        _look_up(unit, call, name)
    elif rule == FUTURE and _is_result(call) and library is Target.ASYNCIO and not call.args:
        _future(unit, call)
    else:
        in_thread(unit, call)


def _look_up(unit: Unit, call: cst.Call, name: str) -> None:
    """The library's own look-up, which returns the same. asyncio's takes all but host and port by keyword."""
    library, function = unit.table.library, name.removeprefix("socket.")
    owner = "asyncio.get_running_loop()" if library is Target.ASYNCIO else "trio.socket"
    unit.edits.imports.add(library.value)

    def edit(updated: cst.Call) -> cst.BaseExpression:
        args = list(updated.args)
        if library is Target.ASYNCIO and function == "getaddrinfo":
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            for index, arg in enumerate(args[2:], 2):
                if arg.keyword is None:
                    args[index] = arg.with_changes(keyword=cst.Name(LOOK_UP[index]), equal=equal)
        new = updated.with_changes(func=cst.parse_expression(f"{owner}.{function}"), args=args)
        return unit.awaited(call, unit.tree.module.code_for_node(new))

    unit.edits.edit(call, "look up", edit)


def _is_result(call: cst.Call) -> bool:
    """Whether it is a future that is waited for: a thread's `join` breaks the same rule."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "result"


def _future(unit: Unit, call: cst.Call) -> None:
    """asyncio waits for what a pool does without a thread of its own."""
    unit.edits.imports.add("asyncio")

    def edit(updated: cst.Call) -> cst.BaseExpression:
        assert isinstance(updated.func, cst.Attribute)
        return unit.awaited(call, f"asyncio.wrap_future({unit.tree.module.code_for_node(updated.func.value)})")

    unit.edits.edit(call, "future", edit)
