"""The waits of a module, `select` and its kin: which of them are the heart of an event loop, and what runs in that loop."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from iomodels.migrate.module import Call, Function, Loop, Module
from iomodels.migrate.shapes import callers, remembered, rounds, sync
from iomodels.migrate.watched import POLLERS, SELECTORS, What, asks_nothing, sets_given, what_is_selected, what_of

__all__ = ["POLLERS", "SELECTORS", "Wait", "What", "driven", "in_event_loop", "waits", "waits_in"]


@dataclass(frozen=True)
class Wait:
    """A wait. loop: the one that it stands in, here or in a caller; None when it is made once."""

    call: Call
    what: What
    loop: Loop | None


@remembered
def waits(module: Module) -> list[Wait]:
    """All waits in plain functions, in the order of the file."""
    calls = [call for call in sync(module.called(*POLLERS, f"{SELECTORS}.select")) if not asks_nothing(call)]
    found = [Wait(call, what_of(module, call), _loop_of(module, call)) for call in calls]
    for step in [wait.call for wait in found if wait.what is What.STEP]:
        for up in callers(module, step.function):
            sets = sets_given(step, up)
            found += [Wait(up, what_is_selected(module, up, sets), _loop_of(module, up))] if sets is not None else []
    return sorted(found, key=lambda wait: (wait.call.node.lineno, wait.call.node.col_offset))


def _loop_of(module: Module, call: Call) -> Loop | None:
    """The innermost loop that makes the call again."""
    return next((loop for _, loop in rounds(module, call)), None)


def waits_in(module: Module, loop: ast.AST) -> bool:
    """Whether something is waited for in that loop."""
    return any(wait.loop is loop for wait in waits(module))


def in_event_loop(module: Module, call: Call) -> bool:
    """Whether only event loops of this module make the call: the nearest loops that lead to it are theirs."""
    loops, functions = driven(module)
    nearest = list(_nearest(module, call))
    if not nearest:
        return id(call.function) in functions
    return all(id(here.function) in functions or any(id(loop) in loops for loop in here.loops) for here in nearest)


def _nearest(module: Module, call: Call, steps: int = 3) -> Iterator[Call]:
    """The calls that stand in a loop and lead to this one, nearest first on each way."""
    seen = {id(call.function)}
    ahead = [(call, 0)]
    while ahead:
        here, depth = ahead.pop(0)
        if here.loops:
            yield here
        elif depth < steps:
            for up in callers(module, here.function):
                if id(up.function) not in seen:
                    seen.add(id(up.function))
                    ahead.append((up, depth + 1))


@remembered
def driven(module: Module) -> tuple[set[int], set[int]]:
    """What an event loop of this module runs: the ids of its loops, and those of the functions that are called in it."""
    loops: set[int] = set()
    functions: set[int] = set()
    for wait in waits(module):
        if wait.what is not What.LOOP:
            continue
        if wait.loop is not None:
            loops.add(id(wait.loop))
        _run_by(module, _calls_of_loop(module, wait), functions)
        if wait.call.function.yields:  # a generator waits, and the loop over it acts
            for up in callers(module, wait.call.function):
                if isinstance(up.statement, ast.For):
                    loops.add(id(up.statement))
                    _run_by(module, (call for call in up.function.calls if up.statement in call.loops), functions)
    for call in module.calls:  # callbacks are run by whoever they are registered with
        if call.last in ("register", "modify", "add_reader", "add_writer", "add_handler"):
            for argument in (*call.node.args[1:], *(keyword.value for keyword in call.node.keywords)):
                for name in module.value(argument, call.function):
                    callback = module.function_of(name)
                    if callback is not None:
                        functions.add(id(callback))
                        _run_by(module, callback.calls, functions)
    return loops, functions


def _calls_of_loop(module: Module, wait: Wait) -> Iterator[Call]:
    """The calls that are made in each round of the loop round a wait."""
    for call in wait.call.function.calls:
        if wait.loop is None or not wait.call.loops or wait.loop in call.loops:
            yield call
    for up, loop in rounds(module, wait.call):
        if loop is wait.loop and up is not wait.call:
            yield from (call for call in up.function.calls if loop in call.loops)


def _run_by(module: Module, calls: Iterator[Call] | list[Call], functions: set[int]) -> None:
    """Add the functions that are called, by name where it is not known on what."""
    ahead = list(calls)
    methods: dict[str, list[Function]] = {}
    for class_ in module.classes:
        for name, method in class_.methods.items():
            methods.setdefault(name, []).append(method)
    while ahead:
        call = ahead.pop()
        called: list[Function] = []
        for name in call.names:
            made = module.class_of(name)
            run = made.methods.get("__init__") if made is not None else module.function_of(name)
            called += [run] if run is not None else []
        if not call.names and call.receiver:
            called += methods.get(call.last, [])
        for function in called:
            if id(function) not in functions:
                functions.add(id(function))
                ahead += function.calls
