"""A thread for each connection: `accept` in a loop, and a thread that is started with what it gives."""

from collections.abc import Iterator, Sequence
from functools import partial

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, accept_loops, convert_accept
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.of_threads import nobody_looks, nothing_ends_all, run_by_ctrl_c
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._adopting import check_limits
from iomodels.migrate.rewrite.shapes._upstream import take_along
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.threads import Start, check_start, convert_start, in_a_thread, starts
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for found in accept_loops(tree, names):
        if isinstance(found, AcceptLoop):
            try:
                begun = starts(tree, names, found.loop)
            except Refused as refused:
                yield refused
            else:
                if begun:
                    yield Plan(found.call, partial(_make, found=found, begun=begun))


def _make(unit: Unit, found: AcceptLoop, begun: Sequence[Start]) -> None:
    if len(begun) > 1:
        raise Refused("thread-is-used", begun[1].call, "more than one thread is started for a connection")
    nobody_looks(unit, None if found.once else begun[0].call)
    if found.once:
        raise Refused("odd-loop", found.call, "`accept` stands in no loop, nor does the one call of its function")
    unit.region, unit.concurrent, unit.shares = found.loop, True, True
    daemon = convert_start(unit, begun[0]) and not in_a_thread(unit)
    made = take_along(unit)
    follow(unit, found.connection)
    check_limits(unit, made)
    if made and unit.others:
        raise Refused(
            "connection-escapes", made[0].call, "a conversation connects by itself, and writes to other clients as well"
        )
    check_start(unit, begun[0])
    convert_accept(unit, found, time_limit(unit, found))
    conclude(unit)
    nothing_ends_all(unit)
    take_out(unit, found.loop, tasks=unit.table.daemon_tasks if daemon else unit.table.tasks)
    waited = "; Ctrl-C ends those too that are being served, and what follows the loop waits for them"
    ends = run_by_ctrl_c(unit) if daemon else waited
    unit.note(
        begun[0].call,
        f"a thread for each client: a task for each, on {unit.table.library.value}{ends}; it closes its connection",
    )


SHAPE = Shape("IOM102", "accept-thread", _recognise)
