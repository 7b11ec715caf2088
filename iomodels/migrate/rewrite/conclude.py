"""What every unit goes through once its connections have been followed."""

from iomodels.migrate.rewrite import awaiting, blocking, excepts, signals, task_names
from iomodels.migrate.rewrite.alone import ask_before_close
from iomodels.migrate.rewrite.colour import colour, reach
from iomodels.migrate.rewrite.locks import wait_for_locks
from iomodels.migrate.rewrite.logs import tell_of_debug
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["conclude"]


def conclude(unit: Unit) -> None:
    """Make functions asynchronous, look for what may block, widen except clauses. Raises Refused."""
    if not unit.apart:
        signals.examine(unit)
    ask_before_close(unit)
    reached = reach(unit)
    blocking.sleeps(unit, reached)
    awaiting.await_known(unit, reached)
    task_names.convert(unit, reached)
    colour(unit, reached)
    while wait_for_locks(unit, reached):  # who waits for one must be asynchronous, and may hold another meanwhile
        colour(unit, reached)
    blocking.examine(unit, reached)
    excepts.widen(unit)
    tell_of_debug(unit)
