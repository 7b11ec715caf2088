"""The starting of a thread for a connection, in its forms: Thread(target=...), a subclass of Thread, start_new_thread."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.handing_down import hand_down
from iomodels.migrate.rewrite.names import Names, value_of_only
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.task_names import with_name
from iomodels.migrate.rewrite.thread_class import convert_class, is_thread, truth
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Ends, Unit

__all__ = ["RAW", "THREAD", "Start", "check_start", "convert_call", "convert_start", "in_a_thread", "start_of", "starts"]

THREAD = "threading.Thread"
RAW = {"_thread.start_new_thread", "_thread.start_new"}
PROCESSES = {"os.fork", "multiprocessing.Process", "multiprocessing.context.Process"}
ABOUT_THREADS = {"name", "daemon", "group"}


@dataclass(frozen=True)
class Start:
    """One thread. call: what makes it. target: what it runs, None for an instance of a subclass; args: with what."""

    call: cst.Call
    target: cst.BaseExpression | None
    args: Sequence[cst.BaseElement]


def starts(tree: Tree, names: Names, loop: cst.CSTNode) -> list[Start]:
    """The threads that a loop, or the functions that it calls, make. Raises Refused for those that are not understood."""
    found = []
    places = [loop, *called(tree, names, [loop])]
    for call in tree.all(cst.Call):
        name, owner = names.qualified(call.func), names.class_called(call.func)
        if (name != THREAD and name not in RAW and owner is None) or not any(tree.within(call, place) for place in places):
            continue
        if name == THREAD:
            found.append(_thread(call))
        elif name in RAW and len(call.args) == 2:
            found.append(Start(call, call.args[0].value, _elements(call.args[1].value)))
        elif owner is not None and is_thread(names, owner):
            found.append(Start(call, None, ()))
    return found


def start_of(names: Names, call: cst.Call) -> Start:
    """What a call of Thread, or of a subclass, makes. Raises Refused."""
    return _thread(call) if names.qualified(call.func) == THREAD else Start(call, None, ())


def _thread(call: cst.Call) -> Start:
    given = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
    unknown = given.keys() - ABOUT_THREADS - {"target", "args", "kwargs"}
    kwargs = given.get("kwargs")
    if unknown or any(arg.keyword is None for arg in call.args) or "target" not in given:
        raise Refused("thread-is-used", call, "what the thread runs cannot be told")
    if kwargs is not None and not (isinstance(kwargs, cst.Dict) and not kwargs.elements):
        raise Refused("thread-is-used", call, "the thread's function gets keyword arguments")
    return Start(call, given["target"], _elements(given["args"]) if "args" in given else ())


def _elements(node: cst.BaseExpression) -> Sequence[cst.BaseElement]:
    if not isinstance(node, cst.Tuple | cst.List) or any(isinstance(each, cst.StarredElement) for each in node.elements):
        raise Refused("thread-is-used", node, "the thread's arguments cannot be told")
    return node.elements


def convert_start(unit: Unit, start: Start) -> bool:
    """Let a thread's start become a task's. Returns whether it is a daemon. Raises Refused."""
    given = [arg.value for arg in start.call.args if arg.keyword is not None and arg.keyword.value == "daemon"]
    unit.task_name = next(
        (arg.value for arg in start.call.args if arg.keyword is not None and arg.keyword.value == "name"), None
    )
    daemon = unit.names.qualified(start.call.func) in RAW or any(truth(value) for value in given)
    hand_down(unit, start.call)
    unit.consumed.add(id(start.call))
    if start.target is not None:
        function = unit.names.function(start.target)
        if function is None:
            text = unit.tree.code(start.target)
            raise Refused("thread-is-used", start.target, f"`{text}` cannot be seen to be one function of this file")
        if unit.tree.calls_in(start.target):
            raise Refused("thread-is-used", start.target, f"`{unit.tree.code(start.target)}` is made for the thread")
        unit.roots.append(function)
        unit.consumed.add(id(start.target))
        unit.passed.update({id(element.value): (start.target, index) for index, element in enumerate(start.args)})
    else:
        owner = unit.names.class_called(start.call.func)
        assert owner is not None
        run, always = convert_class(unit, owner)
        daemon = daemon or always
        unit.roots.append(run)
    return _convert_uses(unit, start) or daemon


def in_a_thread(unit: Unit) -> bool:
    """Whether the region runs in a thread itself: then those that it starts do not end with it, daemons or not."""
    tree, names, targets = unit.tree, unit.names, []
    for call in tree.all(cst.Call):
        if names.qualified(call.func) == THREAD:
            given = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "target"]
            targets += [function for value in given if (function := names.function(value)) is not None]
    for owner in tree.all(cst.ClassDef):
        if is_thread(names, owner) and (run := names.find_method(owner, "run")) is not None:
            targets.append(run)
    host = tree.function(unit.region) if unit.region is not None else None
    return any(each is host for each in [*targets, *called(tree, names, targets)])


def check_start(unit: Unit, start: Start) -> None:
    """Raise Refused unless a thread was given a connection; to be asked when the connections have been followed."""
    unit.use(unit.table.start, None, "", "")  # what it needs is known before the edits are made
    if _given(unit, start) is None:
        raise Refused("thread-is-used", start.call, "the thread is not given the connection")


def _given(unit: Unit, start: Start) -> Ends | None:
    """The connection that a thread is given, or the instance that is one, or the instance whose method it runs."""
    values = [each.value for each in (start.args if start.target is not None else start.call.args)]
    if isinstance(start.target, cst.Attribute):
        made = value_of_only(unit.names, start.target.value)
        values += [arg.value for arg in made.args] if isinstance(made, cst.Call) else []
    ends = (unit.ends_of(value) for value in values)
    return next((each for each in ends if each is not None), None)


def convert_call(unit: Unit, start: Start) -> None:
    """Let a call of a handler start a task instead. Raises Refused."""
    assert start.target is not None
    function = unit.names.function(start.target)
    assert function is not None
    hand_down(unit, start.call)
    unit.roots.append(function)
    unit.consumed.update({id(start.call), id(start.target)})
    unit.passed.update({id(element.value): (start.target, index) for index, element in enumerate(start.args)})
    unit.edits.keep_comments(start.call)
    unit.edits.edit(start.call, "start", lambda _: _started(unit, start, ""))


def _started(unit: Unit, start: Start, made: str) -> cst.BaseExpression:
    """The call that starts the task. made: the text of the instance, when it is a subclass's."""
    ends = _given(unit, start)
    if start.target is None:
        return cst.parse_expression(unit.use(unit.table.start, ends, f"{made}.run", ""))
    arguments: list[str] = []
    for element in start.args:
        each = unit.ends_of(element.value)
        arguments += each.both if each is not None else [unit.tree.code(element.value)]
    text = unit.use(unit.table.start, ends, unit.tree.code(start.target), "".join(f", {text}" for text in arguments))
    return with_name(unit, cst.parse_expression(text))


def _convert_uses(unit: Unit, start: Start) -> bool:
    """Every use of the thread: `.start()` starts the task, what concerns threads goes. Returns whether it is made a daemon."""
    tree, parent = unit.tree, unit.tree.parent(start.call)
    if isinstance(parent, cst.Expr) and unit.names.qualified(start.call.func) in RAW:
        unit.edits.keep_comments(start.call)
        unit.edits.edit(start.call, "start", lambda _: _started(unit, start, ""))
        return False
    outer = tree.parent(parent) if parent is not None else None
    at_once = isinstance(parent, cst.Attribute) and parent.attr.value == "start"
    if at_once and isinstance(outer, cst.Call) and isinstance(tree.parent(outer), cst.Expr):
        _start(unit, start, outer)
        return False
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        raise Refused("thread-is-used", start.call, "what becomes of the thread cannot be told")
    variable = unit.names.variable(parent.targets[0].target)
    if variable is None or len(unit.names.stores[variable]) != 1:
        raise Refused("thread-is-used", start.call, f"`{tree.code(parent.targets[0].target)}` is not only this thread")
    if start.target is not None:
        unit.edits.remove(parent)
    done = [_convert_use(unit, start, load) for load in unit.names.loads[variable]]
    if done.count("start") != 1:
        raise Refused("thread-is-used", start.call, "the thread is not started once")
    return "daemon" in done


def _start(unit: Unit, start: Start, call: cst.Call) -> None:
    """Let `thread.start()` start the task."""

    def edit(updated: cst.Call) -> cst.BaseExpression:
        assert isinstance(updated.func, cst.Attribute)
        return _started(unit, start, unit.tree.module.code_for_node(updated.func.value))

    unit.consumed.add(id(call))
    unit.edits.keep_comments(call)
    unit.edits.edit(call, "start", edit)


def _convert_use(unit: Unit, start: Start, load: cst.BaseExpression) -> str:
    """One use of a variable that holds the thread. Returns `start`, `daemon` when it makes it one, or ""."""
    tree, attribute = unit.tree, unit.tree.parent(load)
    if not isinstance(attribute, cst.Attribute) or tree.function(load) is not tree.function(start.call):
        raise Refused("thread-is-used", load, f"`{tree.code(load)}` goes where it cannot be followed")
    outer, name = tree.parent(attribute), attribute.attr.value
    statement = tree.parent(outer) if outer is not None else None
    if isinstance(outer, cst.Call) and isinstance(statement, cst.Expr):
        if name == "start":
            _start(unit, start, outer)
            return "start"
        if name in {"setDaemon", "setName"}:
            unit.consumed.add(id(outer))
            unit.edits.remove(statement)
            return "daemon" if name == "setDaemon" and truth(outer.args[0].value) else ""
    if isinstance(outer, cst.AssignTarget) and isinstance(statement, cst.Assign) and name in ABOUT_THREADS:
        unit.edits.remove(statement)
        return "daemon" if name == "daemon" and truth(statement.value) else ""
    raise Refused("thread-is-used", attribute, f"`{tree.code(attribute)}` has no counterpart")
