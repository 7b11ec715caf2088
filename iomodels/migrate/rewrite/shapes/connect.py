"""A client: what connects, asks and is answered. Its functions become coroutines, up to the call that starts the program."""

from collections.abc import Iterator, Sequence
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.colour import called, reach
from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow_all
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._adopting import adopt, check_limits
from iomodels.migrate.rewrite.shapes._connects import Connect, connects
from iomodels.migrate.rewrite.shapes._program import Callers, callers, run_program, while_it_runs
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    groups: list[tuple[Callers, list[Connect]]] = []
    for found in connects(tree, names):
        if isinstance(found, Refused):
            yield found
            continue
        who = callers(tree, names, [found.call])
        if _serves(tree, names, who):
            continue  # it is a part of a server
        together = [found]
        for group in [group for group in groups if group[0].touches(who) or _same(names, group[1], found)]:
            groups.remove(group)
            who = callers(tree, names, [each.call for each in (*group[1], *together)])
            together = [*group[1], *together]
        groups.append((who, together))
    for who, together in groups:
        yield Plan(together[0].call, partial(_make, who=who, found=together))


def _same(names: Names, others: Sequence[Connect], found: Connect) -> bool:
    """Whether a connection is stored where another one is."""
    held = names.variable(found.seed)
    return held is not None and any(names.variable(other.seed) == held for other in others)


def _serves(tree: Tree, names: Names, who: Callers) -> bool:
    """Whether somebody accepts in what this would change: that is another shape's."""
    accepts = [call for call in tree.all(cst.Call) if isinstance(call.func, cst.Attribute) and call.func.attr.value == "accept"]
    given = [
        names.function(arg.value) for arg in tree.all(cst.Arg) if arg.keyword is not None and arg.keyword.value == "target"
    ]
    if accepts and any(function is each for function in who.functions for each in given):
        return True  # a thread of it
    places: list[cst.CSTNode] = [*who.functions, *who.tops]
    places += called(tree, names, places)
    return any(tree.within(call, place) for call in accepts for place in places)


def _make(unit: Unit, who: Callers, found: list[Connect]) -> None:
    if any(unit.tree.function(each.call) is None for each in found):
        raise Refused("called-from-elsewhere", found[0].call, "it connects outside of all functions; put that into one")
    run_program(unit, who)
    adopt(unit, found)
    follow_all(unit)
    check_limits(unit, found)
    if len(found) == 1 and _each_round(unit.tree, found[0].call):
        unit.giving.append(found[0].call)
    while_it_runs(unit)
    conclude(unit)
    _note_input(unit)
    if who.functions:
        unit.note(
            found[0].call, "what connects is a coroutine function now, and so is what calls it, up to the start of the program"
        )


def _each_round(tree: Tree, call: cst.Call) -> bool:
    """Whether each round of the one loop that a call stands in makes it, or is left with an exception."""
    below: cst.CSTNode = call
    loops: list[cst.While | cst.For] = []
    for above in tree.ancestors(call):
        if isinstance(above, cst.FunctionDef):
            break
        if isinstance(above, cst.While | cst.For):
            loops.append(above)
        conditional = isinstance(above, cst.If | cst.IfExp | cst.BooleanOperation | cst.ExceptHandler | cst.Lambda)
        if not loops and (conditional or (isinstance(above, cst.Try) and below is not above.body)):
            return False
        below = above
    return len(loops) == 1


def _note_input(unit: Unit) -> None:
    """asyncio cancels the task at the first Ctrl-C, and raises at the second: a read that blocks does not notice the first."""
    if unit.table.library is Target.TRIO:
        return
    reached = reach(unit)
    for node in (*unit.tree.all(cst.Attribute), *unit.tree.all(cst.Name)):
        name, used = unit.names.qualified(node), any(unit.tree.within(node, function) for function in reached)
        if used and (name == "builtins.input" or name == "sys.stdin"):
            unit.note(node, "while this waits for input, Ctrl-C has to come twice")


SHAPE = Shape("IOM107", "connect", _recognise)
