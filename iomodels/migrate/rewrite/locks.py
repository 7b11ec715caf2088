"""A thread's lock that is held while something is awaited: where only tasks of clients take it, it becomes the library's."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.once import runs_once
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.withs import enter_async

__all__ = ["wait_for_locks"]

LOCKS = {"threading.Lock", "_thread.allocate_lock"}


def wait_for_locks(unit: Unit, reached: Sequence[cst.FunctionDef]) -> bool:
    """Let such locks be waited for. Returns whether there were any that are not waited for already. Raises Refused."""
    found = False
    for with_ in unit.tree.all(cst.With):
        if not unit.shares or not any(unit.tree.within(node, with_.body) for node in unit.waiting):
            continue
        for item in with_.items:
            made = _made(unit, item)
            if made is not None and id(item) not in unit.entered:
                variable = unit.names.variable(item.item)
                assert variable is not None
                if not runs_once(unit):
                    raise Refused(
                        "lock-round-io",
                        with_,
                        "a lock is held over a wait, and it cannot be seen that the accept loop runs once, in one thread",
                    )
                _convert(unit, variable, made, [*reached, *([unit.region] if unit.region is not None else [])])
                found = True
    return found


def _made(unit: Unit, item: cst.WithItem) -> cst.Call | None:
    """The call that makes the lock which an item takes, where that can be told."""
    variable = unit.names.variable(item.item)
    stores = unit.names.stores[variable] if variable is not None else []
    made = stores[0].value if len(stores) == 1 else None
    plain = isinstance(made, cst.Call) and unit.names.qualified(made.func) in LOCKS and not made.args
    assigned = isinstance(made, cst.Call) and isinstance(unit.tree.parent(made), cst.Assign)
    return made if isinstance(made, cst.Call) and plain and assigned else None


def _convert(unit: Unit, variable: Variable, made: cst.Call, places: Sequence[cst.CSTNode]) -> None:
    tree = unit.tree
    items = []
    for load in unit.names.loads[variable]:
        item = tree.parent(load)
        with_ = tree.parent(item) if isinstance(item, cst.WithItem) else None
        if not isinstance(item, cst.WithItem) or not isinstance(with_, cst.With) or item.asname is not None:
            raise Refused(
                "lock-round-io", load, f"`{tree.code(load)}` is held over a wait, and used in other ways than by `with`"
            )
        if not any(tree.within(load, place) for place in places):
            raise Refused("lock-round-io", load, f"`{tree.code(load)}` is taken here too, where no task of a client runs")
        items.append((item, with_))
    for _, with_ in items:
        inside: list[cst.CSTNode] = [with_.body, *called(tree, unit.names, [with_.body])]
        again = [item for item, other in items if any(tree.within(item, each) for each in inside)]
        if again or sum(other is with_ for _, other in items) > 1:
            raise Refused(
                "lock-round-io", with_, "the lock is taken again while it is held: a thread waited for itself, for ever"
            )
    for item, _ in items:
        enter_async(unit, item)
        unit.quiet.add(id(item))
    unit.edits.replace(made, cst.parse_expression(unit.use(unit.table.lock, None)))
    unit.note(made, f"a thread's lock: {unit.table.library.value}'s, whose tasks wait for it, first come, first served")
