"""Following one accepted connection through the names that it has in a module, to what is done with it."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Class, Function, Module, dotted
from iomodels.migrate.shapes import bound_names, callers, targets_of
from iomodels.migrate.standard import STANDARD_LIBRARY
from iomodels.migrate.starting import Way, runs, starts

__all__ = ["Followed"]

DEEPEST = 5  # calls from the accept to where the thread starts
PUTS = {"put", "put_nowait"}
KEEPS = {"append", "add", "appendleft", "register", "insert", "setdefault"}
TALKS = {"recv", "recv_into", "recvfrom", "read", "readline", "makefile", "send", "sendall", "write", "sendfile"}


class Followed:
    """The ways of a module's connections. What is found out about a piece of code is kept for the next connection."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.seen: set[tuple[int, frozenset[str]]] = set()
        self.written: dict[int, frozenset[str]] = {}
        self.made: dict[int, list[tuple[list[str], ast.expr | ast.FunctionDef]]] = {}

    def from_accept(self, accept: Call) -> Iterator[tuple[Way, Call]]:
        """The ways of the connection that it accepts, each with the call that says so."""
        self.seen.clear()
        yield from self.within(accept.function, _connection(accept), DEEPEST, accept)
        kept = frozenset(name for name in _connection(accept) if name.startswith("self."))
        back = self.hands_back(accept.function, _connection(accept), accept)
        for up in callers(self.module, accept.function):
            same = up.function.class_ is accept.function.class_
            names = (_connection(up) if back else frozenset()) | (kept if same else frozenset())
            if names:
                yield from self.within(up.function, names, DEEPEST - 1, up)

    def hands_back(self, function: Function, names: frozenset[str], accept: Call) -> bool:
        names = self.spread(function, names, accept)
        return any(back.value is not None and self.mentions(back.value, names, accept) for back in function.returns)

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
            given = any(self.mentions(argument, names, since) for argument in arguments)
            on = receiver is not None and self.mentions(receiver, names, since)
            if given or on or self.uses(call, names):
                yield from self.at(call, names, left, since, given=given, on=on)

    def at(
        self, call: Call, names: frozenset[str], left: int, since: Call | None, *, given: bool, on: bool
    ) -> Iterator[tuple[Way, Call]]:
        """What a call does with the connection."""
        way = starts(self.module, call)
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
        elif given and not local and call.last not in KEEPS and call.last not in ("print", "len", "str"):
            yield (Way.KEPT if _is_library(call) else Way.GIVEN), call

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
        attributes = frozenset(name for name in names if name.startswith("self."))
        if not attributes or call.function.class_ is None:
            return False
        run = {f".{function.qualname}" for function in self.called(call)}
        if starts(self.module, call) is not None:
            run |= set(runs(self.module, call))
        return not run.isdisjoint(self.users(call.function.class_, attributes))

    def passed(self, call: Call, function: Function, names: frozenset[str], since: Call | None) -> frozenset[str]:
        """The names that the connection has in a function that is called with it."""
        parameters = [argument.arg for argument in function.parameters]
        if function.is_method:
            parameters = parameters[1:]
        found = {name for name in names if name.startswith("self.") and function.class_ is call.function.class_}
        found |= {
            name for name, argument in zip(parameters, call.node.args, strict=False) if self.mentions(argument, names, since)
        }
        found |= {keyword.arg for keyword in call.node.keywords if keyword.arg and self.mentions(keyword.value, names, since)}
        if isinstance(call.node.func, ast.Attribute) and self.mentions(call.node.func.value, names, since):
            found.add("self")
        if any(isinstance(argument, ast.Starred) and self.mentions(argument, names, since) for argument in call.node.args):
            found |= set(parameters)
        return frozenset(found)

    def spread(self, function: Function, names: frozenset[str], since: Call | None) -> frozenset[str]:
        """The names, and those that get a value made of them: `peer = Peer(conn)`; functions within that use them."""
        found = names
        for _ in range(2):
            for made, value in self.makes(function):
                if self.mentions(value, found, since):
                    found = found.union(made)
        return found

    def makes(self, function: Function) -> list[tuple[list[str], ast.expr | ast.FunctionDef]]:
        """The names that a function gives to something, and to what."""
        known = self.made.get(id(function))
        if known is None:
            known = self.made[id(function)] = []
            for node in ast.walk(function.node):
                if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                    if not _received(node.value):
                        known.append(([name for target in targets_of(node) if (name := dotted(target))], node.value))
                elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                    known.append(([name] if (name := dotted(node.optional_vars)) else [], node.context_expr))
                elif isinstance(node, ast.FunctionDef) and node is not function.node:
                    known.append(([node.name], node))
        return known

    def users(self, class_: Class, attributes: frozenset[str]) -> set[str]:
        """The methods that use one of these attributes, and those that call or name such a method."""
        found: set[str] = set()
        for _ in range(DEEPEST):
            for name, method in class_.methods.items():
                if self.mentions(method.node, attributes, None):
                    found.add(f".{method.qualname}")
                    attributes |= {f"self.{name}"}
        return found

    def mentions(self, node: ast.AST, names: frozenset[str], accept: Call | None) -> bool:
        """Whether one of the names, or the accept itself, is written in it."""
        known = self.written.get(id(node))
        if known is None:
            parts = (part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute))
            known = self.written[id(node)] = frozenset(dotted(part) for part in parts)
        return not known.isdisjoint(names) or (accept is not None and _contains(node, accept.node))


def _is_library(call: Call) -> bool:
    """Whether it is known to be the standard library's: what that is given, it does not serve."""
    return any(name.lstrip("@[").partition(".")[0] in STANDARD_LIBRARY for name in call.names)


def _received(value: ast.expr) -> bool:
    """What a connection sent is no connection."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in (TALKS - {"makefile"})


def _connection(accept: Call) -> frozenset[str]:
    """The names of the connection where it is accepted: of `conn, address` the first."""
    for target in targets_of(accept.statement):
        if isinstance(target, ast.Tuple | ast.List) and target.elts and (name := dotted(target.elts[0])):
            return frozenset({name})
    return frozenset(bound_names(accept) - {"self"})


def _contains(node: ast.AST, call: ast.Call) -> bool:
    """Whether the call is a part of it."""
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return first <= call.lineno <= last and any(part is call for part in ast.walk(node))


def _follows(call: Call, since: Call) -> bool:
    """Whether it is made after the accept: further down, or in the same loop."""
    return call.node.lineno >= since.node.lineno or bool(call.loops and since.loops and call.loops[0] is since.loops[0])
