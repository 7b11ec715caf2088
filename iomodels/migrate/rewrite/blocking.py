"""Whether a conversation calls something that may block: what is not known to be harmless is refused."""

from collections.abc import Iterator, Sequence

import libcst as cst

from iomodels.migrate.rewrite import operations
from iomodels.migrate.rewrite.alone import alone
from iomodels.migrate.rewrite.harmless import METHODS, may_be_called
from iomodels.migrate.rewrite.of_threads import ends_a_thread
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["examine", "sleeps"]

WAITS = {
    *("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "allocate_lock", "Event", "Barrier"),
    *("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue", "Thread", "Process", "Popen"),
}
EVENTS = {"is_set", "isSet", "set", "clear"}


def _places(unit: Unit, functions: Sequence[cst.FunctionDef]) -> Iterator[cst.CSTNode]:
    if unit.region is not None:
        yield unit.region
    yield from functions


def _calls(unit: Unit, functions: Sequence[cst.FunctionDef]) -> Iterator[cst.Call]:
    for call in unit.tree.all(cst.Call):
        if id(call) not in unit.consumed and any(unit.tree.within(call, place) for place in _places(unit, functions)):
            yield call


def sleeps(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Let `time.sleep` become the library's."""
    for call in _calls(unit, functions):
        if unit.names.qualified(call.func) == "time.sleep" and len(call.args) == 1 and call.args[0].keyword is None:
            operations.put(unit, call, unit.table.sleep, None)
            unit.consumed.add(id(call))
            unit.quiet.add(id(call))


def examine(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Look at each call that is left. Raises Refused, or marks it when `unsafe` allows it."""
    if not unit.concurrent:
        alone(unit, [call for call in _calls(unit, functions) if may_block(unit, call)])
        return  # it keeps nobody waiting who did not wait before
    converted = {id(call) for call, _, _ in unit.calls}
    for call in _calls(unit, functions):
        if id(call) in converted or _harmless(unit, call):
            continue
        if ends_a_thread(unit, call):
            raise Refused("thread-is-used", call, f"`{unit.tree.code(call)}` ended one thread, and would end all tasks")
        if (waiter := _waits_for(unit, call)) is not None:
            raise Refused("may-block", waiter, f"`{unit.tree.code(waiter.func)}` may block, and waits for what a client does")
        text = f"`{unit.tree.code(call.func)}` may block"
        if not unit.options.unsafe:
            raise Refused("may-block", call, text)
        _mark(unit, call, text)
    for loop in unit.tree.all(cst.While):
        if any(unit.tree.within(loop, place) for place in _places(unit, functions)) and _spins(unit, loop):
            raise Refused("may-block", loop, f"`while {unit.tree.code(loop.test)}` waits for others, and lets none of them run")
    for with_ in unit.tree.all(cst.With):
        waits = any(unit.tree.within(node, with_.body) for node in unit.waiting)
        here = any(unit.tree.within(with_, place) for place in _places(unit, functions))
        if waits and here and not all(_no_lock(unit, item) for item in with_.items):
            raise Refused("lock-round-io", with_, "a lock may be held while something is awaited")


def _waits_for(unit: Unit, call: cst.Call) -> cst.Call | None:
    """The call that acquires what a call releases, which itself never waits."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "release":
        return None
    released = unit.names.variable(call.func.value)
    for other in unit.tree.all(cst.Call):
        func = other.func
        if isinstance(func, cst.Attribute) and func.attr.value == "acquire" and unit.names.variable(func.value) == released:
            return other if released is not None else None
    return None


def may_block(unit: Unit, call: cst.Call) -> bool:
    """Whether a call in a conversation that has its thread to itself may block; to make a thread does not."""
    name = unit.names.qualified(call.func)
    if id(call) in {id(each) for each, _, _ in unit.calls} or name.startswith("threading.") or name == "sys.exit":
        return False
    awaited = isinstance(unit.tree.parent(call), cst.Await) and name.startswith(f"{unit.table.library.value}.")
    return not awaited and not _harmless(unit, call)


def _spins(unit: Unit, loop: cst.While) -> bool:
    """Whether a loop awaits nothing, and does nothing to what it asks for: then it waits for another to do it."""
    if any(unit.tree.within(node, loop) for node in unit.waiting):
        return False
    names = [name for name in unit.tree.all(cst.Name) if unit.tree.within(name, loop)]
    asked = {name.value for name in names if unit.tree.within(name, loop.test) and unit.names.variable(name) is not None}
    return bool(asked) and not any(name.value in asked and unit.tree.within(name, loop.body) for name in names)


def _harmless(unit: Unit, call: cst.Call) -> bool:
    names, function = unit.names, call.func
    if names.function(function) is not None or names.class_called(function) is not None or names.held_functions(function):
        return True  # its body is looked at as well
    name = names.qualified(function)
    if name.startswith("threading.") and not may_be_called(name):
        raise Refused("thread-is-used", call, f"`{unit.tree.code(call)}`: there will be no thread")
    if name:
        return may_be_called(name)
    if not isinstance(function, cst.Attribute):
        return False
    if isinstance(function.value, cst.Call) and _is_super(function.value):
        return True  # its body is looked at as well, when it is the file's
    if function.attr.value in {"get", "join"} and (not call.args or any(arg.keyword is not None for arg in call.args)):
        return False  # of a queue, of a thread; those of dictionaries and strings have an argument
    origin = _origin(unit, function.value)
    return function.attr.value in (EVENTS if origin == "Event" else METHODS) and (origin == "Event" or origin not in WAITS)


def _no_lock(unit: Unit, item: cst.WithItem) -> bool:
    """Whether what a `with` enters is known to hold nobody up: the connection, its file, contextlib's own, a lock of tasks."""
    call = item.item
    if (
        id(item) in unit.entered
        or unit.ends_of(call) is not None
        or unit.edits.changed.get(id(item))
        or unit.edits.changed.get(id(call))
    ):
        return True
    return isinstance(call, cst.Call) and unit.names.qualified(call.func).startswith("contextlib.")


def _is_super(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "super"


def _origin(unit: Unit, node: cst.BaseExpression) -> str:
    """The last part of the name of the call that made a value, `Queue`; "" when it cannot be told."""
    made = [node, *unit.names.values(unit.names.variable(node))]
    found = {unit.names.qualified(value.func).rpartition(".")[2] for value in made if isinstance(value, cst.Call)}
    return (found & WAITS).pop() if found & WAITS else ""


def _mark(unit: Unit, call: cst.Call, text: str) -> None:
    statement = unit.tree.statement(call)
    comment = cst.EmptyLine(comment=cst.Comment(f"# iomodels: unsafe: {text}"))
    unit.edits.edit(
        statement, f"mark {text}", lambda updated: updated.with_changes(leading_lines=[*updated.leading_lines, comment])
    )
    unit.note(call, f"unsafe: {text}")
