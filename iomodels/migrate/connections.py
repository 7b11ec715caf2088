"""Where an accepted connection goes: to a thread, a process, a pool, or into the code that follows the accept.

The names of the connection are followed through assignments, attributes, calls and returned values, in this module.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from iomodels.migrate.module import Call, Function, Loop, Module, dotted
from iomodels.migrate.shapes import THREADS, accepts, bound_names, callers, comes_from, remembered, rounds, targets_of

__all__ = ["Served", "Way", "acceptors", "served"]

DEEPEST = 5  # calls from the accept to where the thread starts
PROCESSES = ("multiprocessing.Process",)
SUBMITS = {"submit", "apply_async", "spawn_n", "add_task"}
PUTS = {"put", "put_nowait"}
KEEPS = {"append", "add", "appendleft", "register", "insert", "setdefault"}
TALKS = {"recv", "recv_into", "recvfrom", "read", "readline", "makefile", "send", "sendall", "write", "sendfile"}


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


STRONGEST = list(Way)
BY_NAME = {"Thread": Way.THREAD, "start_new_thread": Way.THREAD, "Process": Way.PROCESS}  # where it is not known whose


@dataclass(frozen=True)
class Served:
    """An accept, and how its connection is served. where: the call that says so. loop: the one that accepts again, or None."""

    accept: Call
    way: Way
    where: Call | None
    loop: Loop | None


@remembered
def served(module: Module) -> list[Served]:
    """Every accept of the module's plain functions."""
    found = []
    for accept in accepts(module):
        ways = sorted(_Followed(module).from_accept(accept), key=lambda way: STRONGEST.index(way[0]))
        if ways and ways[0][0] is Way.THREAD and ways[0][1].function is not accept.function:
            # A thread for one direction only: the other is served before the next accept.
            ways = [
                way for way in ways if way[0] is Way.INLINE and way[1].loops and way[1].function is not accept.function
            ] or ways
        way, where = ways[0] if ways else (Way.KEPT, None)
        loops = [loop for _, loop in rounds(module, accept)] if accept.loops or not _own_listener(accept) else []
        found.append(Served(accept, way, where, loops[0] if loops else None))
    return found


def _own_listener(accept: Call) -> bool:
    """Whether the listening socket is made anew each time the function runs."""
    return any(binding.how != "parameter" for binding in accept.function.names.get(accept.receiver, ()))


def acceptors(module: Module, accept: Call) -> tuple[Way, Call] | None:
    """What runs the function that accepts several times at once: a thread, process or pool that is made in a row, or a fork."""
    chain = list(_above(module, accept.function))
    for function in chain:
        for call in function.calls:
            if call.calls("os.fork") and function is not accept.function:
                return Way.FORK, call
    names = {f".{function.qualname}" for function in chain}
    for way, call in starters(module):
        if not _counted(call) or call.function in chain[:1]:
            continue
        if names & set(_run(module, call)):
            return way, call
    return None


@remembered
def starters(module: Module) -> list[tuple[Way, Call]]:
    """The calls that start something that runs beside, and the way they do."""
    own = [class_ for class_ in module.classes if not module.ancestors(class_).isdisjoint((*THREADS, *PROCESSES))]
    calls = [*module.called(*THREADS, *PROCESSES, *(f".{class_.qualname}" for class_ in own))]
    calls += [call for call in module.calls if call.last in SUBMITS]
    found = [(_starts(module, call), call) for call in calls]
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


def _starts(module: Module, call: Call) -> Way | None:
    """Which way a call starts something that runs beside."""
    if call.calls(*THREADS) or any(comes_from(module, name, THREADS) for name in call.names):
        return Way.THREAD
    if call.calls(*PROCESSES) or any(comes_from(module, name, PROCESSES) for name in call.names):
        return Way.PROCESS
    if call.last in SUBMITS:
        return Way.POOL
    return BY_NAME.get(call.last) if not any(name.startswith(".") for name in call.names) else None


def _run(module: Module, call: Call) -> Iterator[str]:
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


class _Followed:
    """One connection's way through the module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.seen: set[tuple[int, frozenset[str]]] = set()

    def from_accept(self, accept: Call) -> Iterator[tuple[Way, Call]]:
        yield from self.within(accept.function, _connection(accept), DEEPEST, accept)
        if self.hands_back(accept.function, _connection(accept), accept):
            for up in callers(self.module, accept.function):
                yield from self.within(up.function, _connection(up), DEEPEST - 1, up)

    def hands_back(self, function: Function, names: frozenset[str], accept: Call) -> bool:
        names = self.spread(function, names, accept)
        return any(back.value is not None and _mentions(back.value, names, accept) for back in function.returns)

    def within(
        self, function: Function, names: frozenset[str], left: int, since: Call | None = None
    ) -> Iterator[tuple[Way, Call]]:
        """The ways of those names in a function; since: the call that they come from."""
        names = self.spread(function, names, since)
        if (id(function), names) in self.seen or left == 0:
            return
        self.seen.add((id(function), names))
        for call in function.calls:
            if since is not None and (call is since or not _follows(call, since)):
                continue
            if call.calls("os.fork"):
                yield Way.FORK, call
            receiver = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
            arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
            given = any(_mentions(argument, names, since) for argument in arguments)
            on = receiver is not None and _mentions(receiver, names, since)
            if given or on or self.uses(call, names):
                yield from self.at(call, names, left, since, given=given, on=on)

    def at(
        self, call: Call, names: frozenset[str], left: int, since: Call | None, *, given: bool, on: bool
    ) -> Iterator[tuple[Way, Call]]:
        """What a call does with the connection."""
        way = _starts(self.module, call)
        if way is not None:
            yield way, call
            return
        local = list(self.called(call))
        for function in local:
            yield from self.within(function, self.passed(call, function, names, since), left - 1)
        if on and call.last in TALKS:
            yield Way.INLINE, call
        elif given and call.last in PUTS:
            yield Way.QUEUE, call
        elif given and not local and call.last not in KEEPS and call.last not in ("print", "len", "str", "closing"):
            yield (Way.GIVEN, call) if not call.names else (Way.KEPT, call)

    def called(self, call: Call) -> Iterator[Function]:
        """The functions of this module that a call runs, a class's `__init__` among them."""
        for name in call.names:
            function = self.module.function_of(name)
            class_ = self.module.class_of(name)
            if function is not None:
                yield function
            elif class_ is not None:
                for above in (f".{class_.qualname}", *sorted(self.module.ancestors(class_))):
                    owner = self.module.class_of(above)
                    if owner is not None and "__init__" in owner.methods:
                        yield owner.methods["__init__"]
                        break

    def uses(self, call: Call, names: frozenset[str]) -> bool:
        """Whether the call runs a function that uses an attribute of the same instance: `self.conn`, and `self.talk()`."""
        attributes = {name for name in names if name.startswith("self.")}
        if not attributes or call.function.class_ is None:
            return False
        run = {f".{function.qualname}" for function in self.called(call)}
        if _starts(self.module, call) is not None:
            run |= set(_run(self.module, call))
        functions = [
            function for name in run if (function := self.module.function_of(name)) and function.class_ is call.function.class_
        ]
        return any(_mentions(function.node, frozenset(attributes), None) for function in functions)

    def passed(self, call: Call, function: Function, names: frozenset[str], since: Call | None) -> frozenset[str]:
        """The names that the connection has in a function that is called with it."""
        parameters = [argument.arg for argument in function.parameters]
        if function.is_method:
            parameters = parameters[1:]
        found = {name for name in names if name.startswith("self.") and function.class_ is call.function.class_}
        found |= {name for name, argument in zip(parameters, call.node.args, strict=False) if _mentions(argument, names, since)}
        found |= {keyword.arg for keyword in call.node.keywords if keyword.arg and _mentions(keyword.value, names, since)}
        if isinstance(call.node.func, ast.Attribute) and _mentions(call.node.func.value, names, since):
            found.add("self")
        if any(isinstance(argument, ast.Starred) and _mentions(argument, names, since) for argument in call.node.args):
            found |= set(parameters)
        return frozenset(found)

    def spread(self, function: Function, names: frozenset[str], since: Call | None) -> frozenset[str]:
        """The names, and those that get a value made of them: `peer = Peer(conn)`; functions within that use them."""
        found = set(names)
        for _ in range(2):
            for node in ast.walk(function.node):
                if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                    if not _received(node.value) and _mentions(node.value, frozenset(found), since):
                        found |= {name for target in targets_of(node) if (name := dotted(target))}
                elif isinstance(node, ast.With):
                    for item in node.items:
                        if item.optional_vars is not None and _mentions(item.context_expr, frozenset(found), since):
                            found.add(dotted(item.optional_vars))
                elif (
                    isinstance(node, ast.FunctionDef) and node is not function.node and _mentions(node, frozenset(found), None)
                ):
                    found.add(node.name)
        return frozenset(found - {""})


def _received(value: ast.expr) -> bool:
    """What a connection sent is no connection."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in (TALKS - {"makefile"})


def _connection(accept: Call) -> frozenset[str]:
    """The names of the connection where it is accepted: of `conn, address` the first."""
    for target in targets_of(accept.statement):
        if isinstance(target, ast.Tuple | ast.List) and target.elts and (name := dotted(target.elts[0])):
            return frozenset({name})
    return frozenset(bound_names(accept) - {"self"})


def _mentions(node: ast.AST, names: frozenset[str], accept: Call | None) -> bool:
    """Whether one of the names, or the accept itself, is written in it."""
    for part in ast.walk(node):
        if accept is not None and part is accept.node:
            return True
        if isinstance(part, ast.Name | ast.Attribute) and dotted(part) in names:
            return True
    return False


def _follows(call: Call, since: Call) -> bool:
    """Whether it is made after the accept: further down, or in the same loop."""
    return call.node.lineno >= since.node.lineno or bool(call.loops and since.loops and call.loops[0] is since.loops[0])
