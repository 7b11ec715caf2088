"""What becomes of received bytes, in the functions of the module that they reach."""

import ast
from collections.abc import Iterator

from iomodels.migrate.bindings import parents
from iomodels.migrate.hazards import NOT_STREAMS, calls_by_node, is_stream
from iomodels.migrate.module import Call, Function, Module, dotted
from iomodels.migrate.polling import mentions
from iomodels.migrate.reaching import seen_by
from iomodels.migrate.shapes import targets_of
from iomodels.migrate.uses import Use, context

__all__ = ["is_wake_up", "receives", "uses"]

HOPS = 2  # calls that bytes are followed through
PAIRS = frozenset({"socketpair", "pipe"})  # a program's own, to wake itself
PAIR_NAMES = ("pair", "pipe", "wake")


def receives(module: Module) -> list[Call]:
    """The reads of streams, of more than one byte, that take what they get: not MSG_PEEK, not MSG_WAITALL."""
    found = []
    for call in module.called("socket.socket.recv"):
        flags = call.argument(1, "flags")
        special = flags is not None and mentions(flags, {"MSG_PEEK", "MSG_WAITALL", "MSG_OOB", "MSG_ERRQUEUE"})
        if (
            not special
            and not is_wake_up(call)
            and not call.awaited
            and call.node.args
            and is_stream(module, call, NOT_STREAMS | PAIRS)
        ):
            found.append(call)
    return found


def is_wake_up(call: Call) -> bool:
    """Whether it reads from a pair of the program's own, as its name says: what comes wakes a wait, and is nothing else."""
    return any(word in call.receiver.lower() for word in PAIR_NAMES)


def uses(module: Module, call: Call) -> Iterator[tuple[Use, ast.AST]]:
    """What becomes of what a recv returns: each use, and the node that says so.

    Names are followed within the function, as long as they mean these bytes, and into the functions of the module that they
    are given to.
    """
    yield from _Followed(module).from_node(call.node, call.function)


class _Followed:
    """One recv's bytes on their way."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.seen: set[tuple[int, str, int, bool]] = set()

    def from_node(
        self, node: ast.AST, function: Function, steps: int = HOPS, *, whole: bool = False
    ) -> Iterator[tuple[Use, ast.AST]]:
        """The uses of an expression. whole: it is all that came so far, and not what came last."""
        for use, where in context(node, parents(self.module, function)):
            inner = list(self.within(where, node, steps)) if use is Use.GIVEN and not whole else []
            if inner:
                yield from inner
            elif not whole or use is Use.TESTED:  # nothing else that is done with all that came looks at what came last
                yield use, where
            for name in _bound(where, use):
                yield from self.from_name(name, where, function, steps, whole=whole or use is Use.GATHERED)

    def from_name(
        self, name: str, bound: ast.AST | None, function: Function, steps: int, *, whole: bool = False
    ) -> Iterator[tuple[Use, ast.AST]]:
        """The uses of what has got a name in a function; bound: by which statement, None for a parameter."""
        key = id(function), name, id(bound), whole
        if key in self.seen:
            return
        self.seen.add(key)
        for node in seen_by(self.module, function, name, bound):
            if not isinstance(node, ast.AugAssign):
                yield from self.from_node(node, function, steps, whole=whole)
            elif not whole:
                yield Use.GATHERED, node

    def within(self, where: ast.AST, given: ast.AST, steps: int) -> Iterator[tuple[Use, ast.AST]]:
        """The uses in the functions of this module that a call gives it to."""
        call = calls_by_node(self.module).get(id(where)) if steps else None
        if call is None or given not in call.node.args:
            return
        for name in call.names:
            function = self.module.function_of(name)
            place = call.node.args.index(given) + int(function.is_method) if function else 0
            if function is not None and place < len(function.parameters):
                yield Use.NAMED, where
                yield from self.from_name(function.parameters[place].arg, None, function, steps - 1)


def _bound(where: ast.AST, use: Use) -> set[str]:
    """The names that a use gives the bytes."""
    if isinstance(where, ast.Assign | ast.AugAssign | ast.NamedExpr | ast.AnnAssign):
        return {dotted(target) for target in targets_of(where)} - {""}
    if use is Use.GATHERED and isinstance(where, ast.Call) and isinstance(where.func, ast.Attribute):
        return {dotted(where.func.value)} - {""}
    return set()
