"""A server that stops when a signal writes into a pipe: it waits for signals as the library does, and there is no pipe.

The text is written without it first, so that another shape moves what is left; what follows the loop is what was done when
the pipe could be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.imports import drop_imports
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes import accept_thread
from iomodels.migrate.rewrite.shapes._closings import Closing, closings
from iomodels.migrate.rewrite.shapes._found import Found, waits
from iomodels.migrate.rewrite.shapes._pipe_arms import arm_of
from iomodels.migrate.rewrite.shapes._pipe_threads import waiting
from iomodels.migrate.rewrite.shapes._pipe_uses import Pipe, pipes
from iomodels.migrate.rewrite.shapes._unroll import plans
from iomodels.migrate.rewrite.shapes._until_signal import UNTIL_SIGNAL
from iomodels.migrate.rewrite.shapes._without_pipe import ARRIVED, without_arm, without_thread
from iomodels.migrate.rewrite.targets import Helper, Op, Table
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

KINDS = {"select", "poll", "selectors"}
Text = Callable[[Tree], str]
OTHERS = ("threading.", "multiprocessing.", "concurrent.", "_thread.", "os.fork")


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    """Those that are understood; for the others, whatever else is in the file says why it stays."""
    found = list(pipes(tree, names))
    if len(found) != 1:
        return
    pipe = found[0]
    loops = [each for each in waits(tree, names, KINDS) if isinstance(each, Found)]
    made = _threads(tree, names, pipe) if not loops else _loop(tree, names, pipe, loops[0]) if len(loops) == 1 else None
    if made is not None:
        text, loop = made
        yield Plan(pipe.made, partial(_make, text=text, pipe=pipe, loop=loop))


def _threads(tree: Tree, names: Names, pipe: Pipe) -> tuple[Text, cst.CSTNode] | None:
    """What makes the text without the pipe that the main thread waits for, and the loop that accepts."""
    found = waiting(tree, names, pipe)
    if found is None or not _begins_before(tree, names, pipe, found.wait) or not _means_the_same(tree, names, pipe, found.loop):
        return None
    closed = _closed(tree, names, found.connection, pipe)
    return (partial(without_thread, pipe, found, closed), found.loop) if closed is not None else None


def _loop(tree: Tree, names: Names, pipe: Pipe, found: Found) -> tuple[Text, cst.CSTNode] | None:
    """What makes the text without the pipe that an event loop watches, and the loop."""
    loop, arm = found.loop, arm_of(tree, names, pipe, found.loop)
    assign = tree.parent(found.accept)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) else None
    if arm is None or not isinstance(target, cst.Tuple) or _runs_others(tree, names):
        return None
    if not _begins_before(tree, names, pipe, loop) or not _means_the_same(tree, names, pipe, loop):
        return None
    closed = _closed(tree, names, target.elements[0].value, pipe)
    return (partial(without_arm, pipe, found, arm, closed), loop) if closed is not None else None


def _means_the_same(tree: Tree, names: Names, pipe: Pipe, loop: cst.CSTNode) -> bool:
    """Whether what notes the signals has the same name where it is made, in the handlers, and where the loop stands."""
    places = [loop, *(function.body for function, _ in pipe.handlers.functions)]
    if pipe.owner:
        methods = [tree.method(place) for place in [pipe.made, *places]]
        owners = {id(names.root(owner)) if (owner := tree.class_of(each)) is not None else None for each in methods if each}
        own = {each.params.params[0].name.value + "." if each is not None and each.params.params else "" for each in methods}
        return own == {pipe.owner} and len(owners) == 1
    made = tree.function(pipe.made)
    return made is None or all(made in tree.ancestors(place) for place in places)


def _runs_others(tree: Tree, names: Names) -> bool:
    """Whether there are threads or processes, so that the loop may not be the main thread's."""
    return any(names.qualified(call.func).startswith(OTHERS) for call in tree.all(cst.Call))


def _begins_before(tree: Tree, names: Names, pipe: Pipe, place: cst.CSTNode) -> bool:
    """Whether signals are waited for whenever a statement is reached: registered before it, or in a function that is called."""
    here = tree.function(place)
    for call in pipe.handlers.registered:
        function = tree.function(call)
        if function is here or function is None:
            first = tree.follows(place, call) if function is here else True
        else:
            first = isinstance(function, cst.FunctionDef) and _is_called(tree, names, function)
        if not first or tree.within(call, place):
            return False
    return True


def _is_called(tree: Tree, names: Names, function: cst.FunctionDef) -> bool:
    owner = tree.class_of(function)
    return any(
        names.function(call.func) is function
        or (owner is not None and function.name.value == "__init__" and names.class_called(call.func) is owner)
        for call in tree.all(cst.Call)
    )


def _closed(tree: Tree, names: Names, connection: cst.BaseExpression, pipe: Pipe) -> list[Closing] | None:
    """The loops that close all connections; None when a list with the pipe in it is used for more than to watch."""
    found = list(closings(tree, names, connection, [pipe.read]))
    for variable in pipe.lists:
        for load in names.loads[variable]:
            parent = tree.parent(load)
            outer = tree.parent(parent) if parent is not None else None
            watched = (
                isinstance(parent, cst.Arg) and isinstance(outer, cst.Call) and names.qualified(outer.func) == "select.select"
            )
            kept = isinstance(parent, cst.Attribute) and parent.attr.value in {"append", "add", "remove", "discard"}
            if not watched and not kept and not any(tree.within(load, each.loop) for each in found):
                return None
    return found


def _make(unit: Unit, text: Text, pipe: Pipe, loop: cst.CSTNode) -> None:
    """Let what is left be moved, by the shape that it has without the pipe. Raises Refused, at the pipe."""
    try:
        _make_at_last(unit, text, pipe, loop)
    except Refused as refused:
        place = refused.node if unit.tree.parent(refused.node) is not None else pipe.made
        raise Refused(refused.reason.name, place, refused.text) from None


def _make_at_last(unit: Unit, text: Text, pipe: Pipe, loop: cst.CSTNode) -> None:
    if any(name.value == ARRIVED for name in unit.tree.all(cst.Name)):
        raise Refused("shared-code", pipe.made, f"the name `{ARRIVED}` is needed for something else")
    tree = Tree(text(unit.tree), unit.tree.path)
    names = Names(tree)
    found = [*plans(tree, names, KINDS), *accept_thread.SHAPE.recognise(tree, names)]
    refused = [each for each in found if isinstance(each, Refused)]
    if refused:
        raise refused[0]
    if len(found) != 1 or not isinstance(found[0], Plan):
        raise Refused("odd-event-loop", pipe.made, "where connections are accepted cannot be told")
    inner = Unit(tree, names, _table(unit.table, pipe), Edits(tree), unit.rule, unit.options)
    found[0].make(inner)
    if UNTIL_SIGNAL[unit.table.library].name not in inner.edits.helpers:
        raise Refused(
            "thread-is-used", loop, "clients are served to their end after the signal, by threads that are no daemons"
        )
    module = apply(tree, inner.edits)
    if not any(alias.name.value == "time" for each in unit.tree.all(cst.Import) for alias in each.names):
        module = drop_imports(module, {"time"})
    unit.edits.imports |= inner.edits.imports
    unit.edits.helpers.update(inner.edits.helpers)
    unit.edits.edit(unit.tree.module, "self-pipe", lambda _: module)
    unit.edits.nodes[id(unit.tree.module)] = loop
    unit.edits.nodes[id(pipe.made)] = pipe.made
    unit.note(pipe.made, f"signals are waited for by {unit.table.library.value} itself, and end the loop; no pipe is needed")
    unit.note(loop, f"a task for each client, on {unit.table.library.value}; what fails with one ends that one alone")
    unit.note(loop, "the signal ends what is being received or sent, too: a peer that takes nothing no longer holds the end up")


def _table(table: Table, pipe: Pipe) -> Table:
    """The library's table, in which the tasks of clients end with a signal."""
    helper = UNTIL_SIGNAL[table.library]
    assert table.daemon_tasks.helper is not None
    both = Helper(helper.name, helper.code, helper.imports, (table.daemon_tasks.helper,))
    given = ", ".join([f"{pipe.owner}{ARRIVED}", *pipe.handlers.numbers])
    return replace(table, daemon_tasks=Op(f"until_signal({given}), daemon_tasks()", waits=False, helper=both))


SHAPE = Shape("IOM118", "signal-self-pipe", _recognise)
