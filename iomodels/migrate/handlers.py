"""The functions that several threads run at once: one for each connection or task, or one of a pool."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from iomodels.migrate.bindings import parents
from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Call, Class, Function, Module, dotted
from iomodels.migrate.shapes import THREADS, callers, reached, remembered, rounds
from iomodels.migrate.starting import starters

__all__ = ["Handler", "guarded", "handlers"]

SUBMITS = {"submit", "apply_async", "map", "imap", "imap_unordered"}
THREADED = ("socketserver.ThreadingMixIn", "http.server.ThreadingHTTPServer")
HANDLERS = "socketserver.BaseRequestHandler"
LOCKS = ("@threading.Lock", "@threading.Condition")
LOCK_NAMES = ("lock", "mutex", "sem", "cond")


@dataclass(frozen=True)
class Handler:
    """A function that threads run. shares_self: all of them on the same object. of_socketserver: on one for each connection."""

    function: Function
    shares_self: bool
    of_socketserver: bool
    confidence: Confidence


THREADING = (
    *(f"socketserver.Threading{kind}Server" for kind in ("TCP", "UDP", "UnixStream", "UnixDatagram")),
    "http.server.ThreadingHTTPServer",
)


@remembered
def handlers(module: Module) -> list[Handler]:
    """All such functions, with those of this module that they call."""
    found: dict[int, Handler] = {}
    unknown = (call for call in module.calls if call.last == "start_new_thread" and not call.names)
    for call in (*(call for _, call in starters(module)), *unknown):
        if _starts(module, call) and next(rounds(module, call), None) is not None:
            for function, shares in _run(module, call):
                _add(module, found, function, call.confidence, shares=shares)
    if _is_threaded(module):
        for class_ in module.classes:
            if HANDLERS in module.ancestors(class_):
                for name in ("handle", "setup", "finish"):
                    if name in class_.methods:
                        _add(module, found, class_.methods[name], Confidence.CERTAIN, of_socketserver=True)
    return list(found.values())


def _add(
    module: Module,
    found: dict[int, Handler],
    function: Function,
    confidence: Confidence,
    *,
    shares: bool = False,
    of_socketserver: bool = False,
) -> None:
    for inner in reached(module, function):
        if inner.name != "__init__":
            same = inner.class_ is function.class_
            found.setdefault(id(inner), Handler(inner, shares and same, of_socketserver and same, confidence))


def _starts(module: Module, call: Call) -> bool:
    """Whether a call starts a thread, or gives a pool of threads something to run."""
    if call.calls(*THREADS) or (not call.names and call.last == "start_new_thread"):
        return True
    if call.last in SUBMITS:
        return any(name.startswith(("concurrent.futures.ThreadPool", "multiprocessing.pool.ThreadPool")) for name in call.names)
    return any(_is_thread(module, name) for name in call.names)


def _is_thread(module: Module, name: str) -> bool:
    class_ = module.class_of(name)
    return class_ is not None and not name.startswith("@") and not module.ancestors(class_).isdisjoint(THREADS)


def _run(module: Module, call: Call) -> Iterator[tuple[Function, bool]]:
    """What is run, and whether all threads run it on the same object."""
    for name in call.names:
        class_ = module.class_of(name)
        if class_ is not None and "run" in class_.methods:
            yield class_.methods["run"], False
    for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg == "target")):
        for name in module.value(argument, call.function):
            function = module.function_of(name)
            if function is not None:
                # A thread that __init__ starts has an object of its own.
                shares = dotted(argument).startswith("self.") and call.function.name != "__init__"
                yield function, function.is_method and shares


def _is_threaded(module: Module) -> bool:
    """Whether the module has a server of socketserver that makes a thread for each connection."""
    classes = [class_ for class_ in module.classes if _above(module, class_)]
    return bool(classes) or module.makes(THREADING)


def _above(module: Module, class_: Class) -> bool:
    return not module.ancestors(class_).isdisjoint(THREADED)


def guarded(module: Module, function: Function, node: ast.AST) -> bool:
    """Whether a lock is held there: by a `with` round it, by an acquire in the function, or wherever the function is called."""
    if any(call.last == "acquire" for call in function.calls) or _in_with(module, function, node):
        return True
    above = list(callers(module, function))
    return bool(above) and all(_in_with(module, up.function, up.node) for up in above)


def _in_with(module: Module, function: Function, node: ast.AST) -> bool:
    above = parents(module, function)
    while node is not function.node and id(node) in above:
        node = above[id(node)]
        if isinstance(node, ast.With):
            for item in node.items:
                written = ast.unparse(item.context_expr).lower()
                if any(word in written for word in LOCK_NAMES):
                    return True
                if any(lock in module.value(item.context_expr, function) for lock in LOCKS):
                    return True
    return False
