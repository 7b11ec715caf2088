"""A pool of threads that get connections through a queue: as many tasks, and a queue of the library's."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.handing_down import check_free
from iomodels.migrate.rewrite.harmless import may_be_called
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.of_threads import nobody_looks, nothing_ends_all, run_by_ctrl_c
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._queued import Queued, convert_get, convert_put, put_connection, queued, taken
from iomodels.migrate.rewrite.shapes._queues import convert_queue, queue_of
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
from iomodels.migrate.rewrite.threads import in_a_thread
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

FOR_EVER = {"True", "1"}


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for each in queued(tree, names):
        yield each if isinstance(each, Refused) else Plan(each.found.call, partial(_make, queued=each))


def _make(unit: Unit, queued: Queued) -> None:
    tree, found = unit.tree, queued.found
    nobody_looks(unit)
    queue = queue_of(tree, unit.names, queued.queue)
    if len(queue.put) != 1 or len(queue.get) != 1:
        more = [call for call in (*queue.put, *queue.get[1:]) if call is not queued.put]
        place = more[0] if more else queued.put
        raise Refused("thread-is-used", place, "the queue is not put into, and got from, in one place each")
    [get] = queue.get
    worker, loop = (
        tree.function(get),
        next((each for each in tree.ancestors(get) if isinstance(each, cst.While | cst.For)), None),
    )
    if not isinstance(worker, cst.FunctionDef) or not is_worker(tree, unit.names, worker):
        raise Refused("thread-is-used", get, "what gets from the queue is not run by threads that are made in a loop")
    if not isinstance(loop, cst.While) or tree.code(loop.test) not in FOR_EVER:
        raise Refused("odd-loop", get, "the worker does not get one client after the other, without end")
    workers = workers_of(tree, unit.names, worker)
    unit.region, unit.concurrent, unit.rounds = found.loop, True, loop
    check_free(unit, found.call, "tasks")
    waits_at_once(unit, worker, loop, get)
    client = taken(unit, queued, get)
    own_connection(unit, client.connection, workers)
    daemon = convert_workers(unit, workers, worker) and not in_a_thread(unit)
    _in_one_function(unit, queued, workers, daemon=daemon)
    convert_queue(unit, queue)
    put_connection(unit, queued)
    convert_get(unit, get, client)
    follow(unit, *([found.connection] if isinstance(found, AcceptLoop) else []), client.connection)
    convert_put(unit, queued, time_limit(unit, found))
    conclude(unit)
    close_after_each(unit, client.assign, client.connection, loop)
    nothing_ends_all(unit)
    unit.edits.remove(workers.loop)
    tasks = unit.table.daemon_tasks if daemon else unit.table.tasks
    take_out(unit, found.loop, tasks=tasks, before=[starting(unit, workers)])
    ends = run_by_ctrl_c(unit) if daemon else "; when the loop fails they go on, as before, but what follows it waits for them"
    unit.note(
        found.call,
        f"a queue and threads that get from it: a queue and as many tasks, on {unit.table.library.value}; each closes its "
        f"connections, and Ctrl-C ends them{ends}",
    )


def _in_one_function(unit: Unit, queued: Queued, workers: Workers, *, daemon: bool) -> None:
    """Raise Refused unless the workers can be started just before the loop that accepts, with nothing seen of it."""
    tree, loop, start = unit.tree, queued.found.loop, workers.loop
    in_sequence(unit, workers.making, start)
    if workers.joins:
        raise Refused("thread-is-used", workers.joins[0], "the workers are waited for, who never end")
    block = tree.parent(start)
    around = next((above for above in tree.ancestors(loop) if above is block), None)
    if tree.function(start) is not tree.function(loop) or around is None or not tree.follows(loop, start):
        raise Refused("odd-loop", start, "the workers are not started before the loop that accepts, in the same function")
    for above in tree.ancestors(loop):
        if above is block:
            break
        if not isinstance(above, cst.IndentedBlock | cst.With | cst.Try | cst.Finally):
            raise Refused("odd-loop", above, "the loop that accepts is not reached once whenever the workers are started")
    if any(isinstance(above, cst.For | cst.While) for above in tree.ancestors(start)):
        raise Refused("odd-loop", start, "the workers are started in a loop, again and again")
    if daemon:
        return
    leaves = [each for kind in (cst.Break, cst.Return) for each in tree.all(kind) if tree.within(each, loop)]
    if leaves or not isinstance(loop, cst.While) or tree.code(loop.test) not in FOR_EVER:
        raise Refused(
            "odd-loop", leaves[0] if leaves else loop, "what follows the loop would wait for the workers, who never end"
        )
    for call in tree.all(cst.Call):
        between = tree.follows(call, start) and not tree.within(call, loop) and tree.follows(loop, call)
        if between and tree.function(call) is tree.function(start) and not may_be_called(unit.names.qualified(call.func)):
            raise Refused("thread-is-used", call, f"when `{tree.code(call.func)}` fails the workers, no daemons, do not end")


SHAPE = Shape("IOM121", "accept-queue", _recognise)
