"""A blocking call in `async def`: the library's own form of it is awaited, or it is made in a thread."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite import excepts
from iomodels.migrate.rewrite.awaiting import await_call
from iomodels.migrate.rewrite.colour import references
from iomodels.migrate.rewrite.in_threads import check_helper, hidden, in_thread
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._library import check_library, imported
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.waits import LOCKS, blocks, made_by

__all__ = ["SHAPE"]

PATCHES = {"gevent", "eventlet"}  # they make the blocking calls of the library switch
LOOP_METHODS = {"run_forever", "call_soon", "shutdown_default_executor"}
OWNED = {"threading.RLock", "threading.Condition"}  # only the thread that has acquired them may go on with them


def _recognise(tree: Tree, names: Names) -> Iterator[Plan]:
    if not any(function.asynchronous is not None for function in tree.all(cst.FunctionDef)) or PATCHES & set(imported(tree)):
        return
    for call in tree.all(cst.Call):
        if not _in_async(tree, call) or isinstance(tree.parent(call), cst.Await) or _of_a_loop(tree, call):
            continue
        if rule := blocks(tree, names, call):
            yield Plan(call, partial(_make, call=call, rule=rule))
        elif (helper := _plain(names, call)) is not None:
            yield Plan(call, partial(_make_helper, call=call, helper=helper))


def _in_async(tree: Tree, node: cst.CSTNode) -> bool:
    function = tree.function(node)
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None


def _of_a_loop(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether it stands in a class that is an event loop itself, which has its own threads to end."""
    owners = [above for above in tree.ancestors(node) if isinstance(above, cst.ClassDef)]
    return any(
        isinstance(line, cst.FunctionDef) and line.name.value in LOOP_METHODS for owner in owners for line in owner.body.body
    )


def _plain(names: Names, call: cst.Call) -> cst.FunctionDef | None:
    """The plain function of the file that a call runs."""
    function = names.function(call.func)
    return function if function is not None and function.asynchronous is None else None


def _make(unit: Unit, call: cst.Call, rule: str) -> None:
    check_library(unit, call)
    _may_await(unit, call)
    if rule == "IOM312":
        _check_lock(unit, call)
    await_call(unit, call, rule)
    unit.edits.note(call, rule, f"`{unit.tree.code(call.func)}` is awaited, and others run meanwhile")


def _make_helper(unit: Unit, call: cst.Call, helper: cst.FunctionDef) -> None:
    inner = hidden(unit, helper)
    if inner is None:
        return
    check_library(unit, call)
    check_helper(unit, helper, call)
    _may_await(unit, call)
    in_thread(unit, call)
    rule = blocks(unit.tree, unit.names, inner) or "IOM301"
    unit.edits.note(call, rule, f"`{helper.name.value}`, which waits, runs in a thread, and others run meanwhile")


def _may_await(unit: Unit, call: cst.Call) -> None:
    """Raise Refused where an `await` would do harm: a thread's lock is held there, or a cancellation would be swallowed."""
    unit.wait(call)
    unit.quiet.add(id(call))
    excepts.widen(unit)
    function = unit.tree.function(call)
    for with_ in unit.tree.all(cst.With):
        if unit.tree.within(call, with_.body) and unit.tree.function(with_) is function and with_.asynchronous is None:
            for item in with_.items:
                if _may_be_lock(unit, item.item):
                    raise Refused(
                        "lock-round-io", call, f"`{unit.tree.code(item.item)}` may be a lock, held while it is awaited"
                    )


def _may_be_lock(unit: Unit, node: cst.BaseExpression) -> bool:
    made = made_by(unit.tree, unit.names, node)
    return made in LOCKS or (not made and not isinstance(node, cst.Call))


def _check_lock(unit: Unit, call: cst.Call) -> None:
    """Raise Refused unless a lock may be acquired in another thread, and nobody else waits for it in the loop's."""
    assert isinstance(call.func, cst.Attribute)
    lock = call.func.value
    made, text = made_by(unit.tree, unit.names, lock), unit.tree.code(lock)
    if made in OWNED:
        raise Refused("lock-of-a-thread", call, f"`{text}` belongs to the thread that acquires it")
    if call.func.attr.value != "acquire":
        return
    variable = unit.names.variable(lock)
    assert variable is not None
    for load in unit.names.loads[variable]:
        attribute = unit.tree.parent(load)
        use = attribute.attr.value if isinstance(attribute, cst.Attribute) else ""
        if use in {"release", "locked"} or (use == "acquire" and _in_async(unit.tree, load)) or _in_threads(unit, load):
            continue
        raise Refused(
            "lock-of-a-thread",
            call,
            f"`{text}` is used in line {unit.tree.line(load)} as well, where the loop would wait for it",
        )


def _in_threads(unit: Unit, node: cst.CSTNode) -> bool:
    """Whether the function round a node is only ever run by threads."""
    function = unit.tree.function(node)
    if not isinstance(function, cst.FunctionDef) or function.asynchronous is not None:
        return False
    uses = references(unit, function)
    return bool(uses) and all(_is_target(unit, use) for use in uses)


def _is_target(unit: Unit, use: cst.CSTNode) -> bool:
    arg = unit.tree.parent(use)
    call = unit.tree.parent(arg) if isinstance(arg, cst.Arg) else None
    named = isinstance(arg, cst.Arg) and arg.keyword is not None and arg.keyword.value == "target"
    return named and isinstance(call, cst.Call) and unit.names.qualified(call.func) == "threading.Thread"


SHAPE = Shape("IOM301", "blocking-in-async", _recognise)
