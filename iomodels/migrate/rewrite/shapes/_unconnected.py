"""Where connecting fails: the name held the socket all the same, and holds nothing now. So nobody may look at it then."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.leaving import exits, goes_round, leaves
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._attempts import closed_if_there, last_raises
from iomodels.migrate.rewrite.shapes._connects import Connect
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Failing"]

LOOPS = (cst.While, cst.For)


class Failing:
    """What is done when one connecting fails. apart: reads that are known to be harmless then."""

    def __init__(self, unit: Unit, found: Connect, apart: Sequence[cst.CSTNode] = ()) -> None:
        variable = unit.names.variable(found.seed)
        assert variable is not None
        self.unit, self.found = unit, found
        self.home = unit.tree.function(found.call)
        loads = [load for load in unit.names.loads[variable] if id(load) not in unit.consumed]
        harmless = [*apart, *closed_if_there(unit.tree, unit.names, variable, found.made or found.call)]
        self.loads = [load for load in loads if all(load is not each for each in harmless)]
        self.shared = variable.attribute or any(
            unit.tree.function(node) is not self.home
            for node in (*self.loads, *(store.node for store in unit.names.stores[variable]))
        )

    def check(self, dealt_with: cst.Try | None = None) -> None:
        """Raise Refused where the name is read then. dealt_with: a `try` whose clauses have been seen to."""
        places: list[cst.CSTNode] = [self.found.call]
        for place in places:  # which grows
            below = place
            for above in self.unit.tree.ancestors(place):
                if isinstance(above, cst.FunctionDef):
                    if self.shared:
                        places += [call for call in self._calls(above) if all(call is not each for each in places)]
                    break
                if isinstance(above, cst.Try) and above is not dealt_with:
                    self._look(above.finalbody)
                    if below is above.body:
                        self._caught(above)
                below = above

    def _calls(self, function: cst.CSTNode | None) -> list[cst.Call]:
        return [call for call in self.unit.tree.all(cst.Call) if self.unit.names.function(call.func) is function]

    def _look(self, *places: cst.CSTNode | None) -> None:
        """Raise Refused when the name is read in one of these, or in what they call."""
        tree = self.unit.tree
        for place in (each for each in places if each is not None):
            more = called(tree, self.unit.names, [place]) if self.shared else []
            for load in self.loads:
                if any(tree.within(load, each) for each in (place, *more)):
                    raise self._refused(load)

    def _refused(self, load: cst.CSTNode) -> Refused:
        return Refused("connection-escapes", load, f"`{self.unit.tree.code(load)}` is used where it may not be connected")

    def _caught(self, guard: cst.Try) -> None:
        tree, names = self.unit.tree, self.unit.names
        self._look(*guard.handlers)
        if all(exits(names, each.body) for each in guard.handlers) and not self._within(cst.Return, *guard.handlers):
            return
        if self.shared and self._within(cst.Return, *guard.handlers) and not self._is_last(guard):
            self._refuse_all(guard)
        if all(leaves(names, each.body) for each in guard.handlers):
            return
        block = tree.parent(guard)
        loop = tree.parent(block) if block is not None else None
        if not isinstance(loop, LOOPS) or loop.body is not block or not tree.within(self.found.made or self.found.call, loop):
            self._refuse_all(guard)
            return
        self._go_round(guard, loop)

    def _is_last(self, guard: cst.Try) -> bool:
        """Whether the program is over when the function that a `try` stands in returns."""
        tree = self.unit.tree
        calls = self._calls(tree.function(guard))
        looped = any(isinstance(above, LOOPS) for call in calls for above in tree.ancestors(call))
        return bool(calls) and not looped and all(tree.function(call) is None for call in calls)

    def _go_round(self, guard: cst.Try, loop: cst.While | cst.For) -> None:
        """The next round connects again: the loop must not be left, and nothing else be done in it, without that."""
        tree = self.unit.tree
        assert isinstance(loop.body, cst.IndentedBlock)
        index = next(index for index, line in enumerate(loop.body.body) if line is guard)
        behind = loop.body.body[index + 1 :] if goes_round(self.unit.names, guard.handlers) else ()
        inside = (guard.body, guard.orelse, *behind)
        for load in self.loads:
            if tree.within(load, loop) and not any(each is not None and tree.within(load, each) for each in inside):
                raise self._refused(load)
        for kind in (cst.Break, cst.Return):
            for leaving in tree.all(kind):
                early = tree.within(leaving, loop.body) and not any(
                    each is not None and tree.within(leaving, each) and tree.follows(leaving, self.found.call)
                    for each in inside
                )
                if early and (kind is cst.Break or self.shared):
                    self._refuse_all(loop)
        for_ever = isinstance(loop, cst.While) and tree.code(loop.test) in {"True", "1"}
        if not for_ever and not self._gives_up(loop.orelse) and not last_raises(self.unit.tree, self.unit.names, loop, guard):
            self._refuse_all(loop)

    def _gives_up(self, orelse: cst.Else | None) -> bool:
        """Whether the end of the loop, which is that of all attempts, is not followed by anything that may read the name."""
        if orelse is None:
            return False
        return exits(self.unit.names, orelse.body) or (leaves(self.unit.names, orelse.body) and not self.shared)

    def _within(self, kind: type[cst.CSTNode], *places: cst.CSTNode) -> bool:
        return any(self.unit.tree.within(each, place) for each in self.unit.tree.all(kind) for place in places)

    def _refuse_all(self, but: cst.CSTNode) -> None:
        """Raise Refused when the name is read anywhere but in a node, whose own reads have been looked at."""
        inside = (but.body, but.orelse) if isinstance(but, cst.Try) else (but,)
        for load in self.loads:
            if self.shared or not any(each is not None and self.unit.tree.within(load, each) for each in inside):
                raise self._refused(load)
