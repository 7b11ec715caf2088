"""What a program may do with threads that tasks do not have: look at them, keep values in each, end one alone."""

import libcst as cst

from iomodels.migrate.rewrite.colour import reach
from iomodels.migrate.rewrite.leaving import RAISING
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.threads import RAW, THREAD
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["ends_a_thread", "nobody_looks", "nothing_ends_all", "run_by_ctrl_c"]

LOOK_AT_THREADS = {
    f"threading.{name}"
    for name in ("active_count", "activeCount", "enumerate", "excepthook", "local", "setprofile", "settrace")
}
COUNTS = {"threading.active_count", "threading.activeCount"}
MAKERS = {THREAD, "threading.Timer", *RAW}
TASKS = {  # how many there are, the loop's own among them, as the main thread was
    Target.ASYNCIO: "len(asyncio.all_tasks())",
    Target.TRIO: "(len(tasks.child_tasks) + 1)",
    Target.ANYIO: "len(anyio.get_running_tasks())",
}
END_ALL = {f"builtins.{name}" for name in ("BaseException", "GeneratorExit", "KeyboardInterrupt", "SystemExit")}


def nobody_looks(unit: Unit, start: cst.Call | None = None) -> None:
    """Raise Refused where the file asks for the threads there are, or keeps something in each.

    start: what makes a client's thread: its loop may count threads where they are all of clients, and counts tasks then.
    """
    for node in (*unit.tree.all(cst.Attribute), *unit.tree.all(cst.Name)):
        if unit.names.qualified(node) not in LOOK_AT_THREADS or isinstance(unit.tree.parent(node), cst.ImportAlias):
            continue
        call = unit.tree.parent(node)
        if start is None or not isinstance(call, cst.Call) or not _counts_clients(unit, call, start):
            raise Refused("thread-is-used", node, f"`{unit.tree.code(node)}` takes tasks for one thread")
        count = TASKS[unit.table.library]
        unit.edits.replace(call, cst.parse_expression(count))
        unit.consumed.add(id(call))
        unit.note(call, f"`{unit.tree.code(call)}` counts the tasks, with that of the loop, as it counted threads")


def _counts_clients(unit: Unit, call: cst.Call, start: cst.Call) -> bool:
    """Whether a call, beside what starts a client's thread, counts those and the one that accepts, and no others."""
    tree, names = unit.tree, unit.names
    loops = [above for above in tree.ancestors(start) if isinstance(above, cst.While | cst.For)]
    known = names.qualified(call.func) in COUNTS and any(tree.within(call, loop) for loop in loops)
    calls = [each for each in tree.all(cst.Call) if each is not start]
    others = any(names.qualified(each.func) in MAKERS or names.class_called(each.func) is not None for each in calls)
    pools = any(
        alias.evaluated_name.partition(".")[0] in {"concurrent", "multiprocessing"} for alias in tree.all(cst.ImportAlias)
    )
    return known and not others and not pools and tree.function(call) is tree.function(start)


def nothing_ends_all(unit: Unit) -> None:
    """Raise Refused for what the conversation raises that ended a thread, and ends the whole loop out of a task."""
    tree, places = unit.tree, reach(unit)
    for node in tree.all(cst.Raise):
        raised = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
        if raised is not None and any(tree.within(node, place) for place in places) and _ends_all(unit, raised):
            raise Refused("thread-is-used", node, f"`{tree.code(node)}` ended one thread, and would end all tasks")


def ends_a_thread(unit: Unit, call: cst.Call) -> bool:
    """Whether a call raises what ends one thread."""
    return unit.names.qualified(call.func) in {*RAISING, "_thread.exit"}


def _ends_all(unit: Unit, raised: cst.BaseExpression) -> bool:
    owner = unit.names.class_called(raised)
    named = [base.value for base in unit.names.root(owner).bases] if owner is not None else [raised]
    return any(unit.names.qualified(each) in END_ALL for each in named)


def run_by_ctrl_c(unit: Unit, *, finish: bool = False) -> str:
    """What a note says of daemon threads: Ctrl-C ended them where they were, and lets tasks do what is to be done in the end.

    finish: whether there is a `finish`, which the framework calls in the end.
    """
    tree, places = unit.tree, reach(unit)
    finals = [each for each in tree.all(cst.Finally) if any(tree.within(each, place) for place in places)]
    does = any(not _only_closes(line) for each in finals for line in each.body.body)
    words = [word for word, found in (("`finally`", does), ("`finish`", finish)) if found]
    return f"; when Ctrl-C ends clients, {' and '.join(words)} is run, as in daemon threads it was not" if words else ""


def _only_closes(line: cst.CSTNode) -> bool:
    """Whether a line only closes something, as the end of the program did."""
    match line:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name("close"))))]):
            return True
    return False
