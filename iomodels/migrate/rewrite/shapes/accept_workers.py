"""A pool of threads that all accept on one listener: as many tasks, of which one at a time waits for the listener."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.handing_down import add_parameter, check_free
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, accept_loops, convert_accept
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.of_threads import nobody_looks, nothing_ends_all, run_by_ctrl_c
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._workers import Workers, is_worker, workers_of
from iomodels.migrate.rewrite.shapes._working import (
    close_after_each,
    convert_workers,
    in_sequence,
    own_connection,
    starting,
    waits_at_once,
)
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

TURN = "turn"


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for found in accept_loops(tree, names):
        if isinstance(found, AcceptLoop) and not found.once and is_worker(tree, names, tree.function(found.loop)):
            yield Plan(found.call, partial(_make, found=found))


def _make(unit: Unit, found: AcceptLoop) -> None:
    tree, worker = unit.tree, unit.tree.function(found.loop)
    assert isinstance(worker, cst.FunctionDef)
    nobody_looks(unit)
    workers = workers_of(tree, unit.names, worker)
    unit.region, unit.concurrent, unit.rounds = workers.loop, True, found.loop
    check_free(unit, found.call, "tasks", TURN)
    in_sequence(unit, workers.making, workers.loop, *workers.joins)
    if found.scope is not found.loop:
        raise Refused("odd-loop", found.call, "`accept` stands in a function that the worker calls")
    waits_at_once(unit, worker, found.loop, found.call)
    own_connection(unit, found.connection, workers)
    _one_listener(workers, tree)
    if time_limit(unit, found):
        raise Refused(
            "time-limit", found.call, "each worker waits so long, and as tasks they would wait for each other as well"
        )
    daemon = convert_workers(unit, workers, worker)
    _waited_for(unit, workers, daemon=daemon)
    add_parameter(unit, worker, TURN)
    follow(unit, found.connection)
    convert_accept(unit, found, "", TURN)
    conclude(unit)
    close_after_each(unit, found.assign, found.connection, found.loop)
    nothing_ends_all(unit)
    new = starting(unit, workers, TURN)
    unit.edits.edit(workers.loop, "workers", lambda _: new)
    turn = cst.parse_statement(f"{TURN} = {unit.use(unit.table.lock, None)}")
    take_out(unit, workers.loop, tasks=unit.table.tasks, before=[turn], gone=workers.statements)
    unit.note(
        workers.loop,
        f"threads that all accept: as many tasks, one of which waits for the listener, on {unit.table.library.value}; "
        f"each closes its connections, and Ctrl-C ends them{run_by_ctrl_c(unit) if daemon else ''}",
    )


def _one_listener(workers: Workers, tree: Tree) -> None:
    """Raise Refused where each worker may be given a listener of its own: there is one lock for all of them."""
    given = [*workers.start.args, *(workers.start.call.args if workers.start.target is None else ())]
    choices = [*tree.all(cst.Subscript), *tree.all(cst.IfExp), *tree.all(cst.BooleanOperation)]
    for choice in choices:
        if any(tree.within(choice, each) for each in given):
            raise Refused("thread-is-used", choice, f"`{tree.code(choice)}` may be another listener for each worker")


def _waited_for(unit: Unit, workers: Workers, *, daemon: bool) -> None:
    """Raise Refused unless the program waits for the workers where it has started them."""
    if any(isinstance(above, cst.For | cst.While) for above in unit.tree.ancestors(workers.loop)):
        raise Refused("odd-loop", workers.loop, "the workers are started in a loop, again and again")
    if len(workers.joins) > 1:
        raise Refused("thread-is-used", workers.joins[1], "the workers are waited for twice")
    if not workers.joins and daemon:
        raise Refused("thread-is-used", workers.loop, "nobody waits for the workers, who end with the program")
    if not workers.joins and not _is_last(unit, workers.loop):
        raise Refused("odd-loop", workers.loop, "what follows the start of the workers is done while they serve")


def _is_last(unit: Unit, statement: cst.CSTNode) -> bool:
    """Whether nothing is done after a statement, nor after the calls of its function, until the program waits for threads."""
    tree, below = unit.tree, statement
    for above in tree.ancestors(statement):
        if isinstance(above, cst.FunctionDef):
            calls = [call for call in tree.all(cst.Call) if unit.names.function(call.func) is above]
            lines = [tree.statement(call) for call in calls if isinstance(tree.parent(call), cst.Expr)]
            return bool(calls) and len(lines) == len(calls) and all(_is_last(unit, line) for line in lines)
        if isinstance(above, cst.IndentedBlock | cst.Module) and above.body[-1] is not below:
            return False
        if not isinstance(above, cst.IndentedBlock | cst.Module | cst.If | cst.Else):
            return False
        below = above
    return True


SHAPE = Shape("IOM121", "accept-workers", _recognise)
