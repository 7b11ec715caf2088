"""What a program starts to run beside the code that goes on: threads, processes, pools."""

import ast
from collections.abc import Iterator
from enum import StrEnum

from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.shapes import THREADS, bound_names, callers, comes_from, remembered, rounds

__all__ = ["Way", "acceptors", "runs", "starters", "starts"]

PROCESSES = ("multiprocessing.Process",)
SUBMITS = {"submit", "apply_async", "spawn_n", "add_task"}
SUBMITS_TO_POOL = {"process", "execute", "run", "apply", "spawn", "add_job"}  # where it is called on a pool


class Way(StrEnum):
    """How a connection is served."""

    THREAD = "thread"
    PROCESS = "process"
    FORK = "fork"
    POOL = "pool"
    QUEUE = "queue"
    INLINE = "inline"  # before the next accept
    GIVEN = "given"  # to code that is not in this module
    KEPT = "kept"  # in a list, or nowhere


BY_NAME = {"Thread": Way.THREAD, "start_new_thread": Way.THREAD, "Process": Way.PROCESS}  # where it is not known whose


def acceptors(module: Module, accept: Call) -> tuple[Way, Call] | None:
    """What runs the function that accepts several times at once: a thread, process or pool that is made in a row, or a fork."""
    chain = list(_above(module, accept.function))
    for function in chain:
        for call in function.calls:
            if call.calls("os.fork") and function is not accept.function and next(rounds(module, call), None) is not None:
                return Way.FORK, call
    names = {f".{function.qualname}" for function in chain}
    for way, call in starters(module):
        if not _counted(call) or call.function in chain[:1]:
            continue
        if names & set(runs(module, call)):
            return way, call
    return None


@remembered
def starters(module: Module) -> list[tuple[Way, Call]]:
    """The calls that start something that runs beside, and the way they do."""
    own = [class_ for class_ in module.classes if not module.ancestors(class_).isdisjoint((*THREADS, *PROCESSES))]
    calls = [*module.called(*THREADS, *PROCESSES, *(f".{class_.qualname}" for class_ in own))]
    calls += [call for call in module.calls if _submits(call)]
    found = [(starts(module, call), call) for call in calls]
    return [(way, call) for way, call in found if way is not None]


def _above(module: Module, function: Function, steps: int = 3) -> Iterator[Function]:
    """The function and those that call it."""
    seen: list[Function] = []
    ahead = [(function, 0)]
    while ahead:
        here, depth = ahead.pop(0)
        if here in seen:
            continue
        seen.append(here)
        yield here
        if depth < steps:
            ahead += [(call.function, depth + 1) for call in callers(module, here)]


def starts(module: Module, call: Call) -> Way | None:
    """Which way a call starts something that runs beside."""
    if call.calls(*THREADS) or any(comes_from(module, name, THREADS) for name in call.names):
        return Way.THREAD
    if call.calls(*PROCESSES) or any(comes_from(module, name, PROCESSES) for name in call.names):
        return Way.PROCESS
    if _submits(call):
        return Way.POOL
    if any(name.startswith(".") for name in call.names):
        return None
    return BY_NAME.get(call.last) or (Way.THREAD if call.names and _started(call) else None)


def _submits(call: Call) -> bool:
    on_pool = call.last in SUBMITS_TO_POOL and "pool" in call.receiver.rpartition(".")[2].lower() and bool(call.node.args)
    return call.last in SUBMITS or on_pool


def _started(call: Call) -> bool:
    """Whether what is made, of a class in another file, is started: `Worker(conn).start()`, at once or through its name."""
    made = bound_names(call)
    for other in call.function.calls:
        called = other.node.func
        if (
            other.last == "start"
            and isinstance(called, ast.Attribute)
            and (called.value is call.node or other.receiver in made)
        ):
            return call.last[:1].isupper()
    return False


def runs(module: Module, call: Call) -> Iterator[str]:
    """What a thread, process or pool runs: the functions that it is given, or the `run` of a class."""
    for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg in ("target", None))):
        yield from module.value(argument, call.function)
    for name in call.names:
        class_ = module.class_of(name)
        if class_ is not None and "run" in class_.methods:
            yield f".{class_.methods['run'].qualname}"


def _counted(call: Call) -> bool:
    """Whether it is made so many times: in `for ... in range(n)`, or a comprehension of that kind."""
    over = [loop.iter for loop in call.loops if isinstance(loop, ast.For)]
    for node in ast.walk(call.statement):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) and any(
            part is call.node for part in ast.walk(node)
        ):
            over += [generator.iter for generator in node.generators]
    return any(isinstance(each, ast.Call) and dotted(each.func) in ("range", "xrange") for each in over)
