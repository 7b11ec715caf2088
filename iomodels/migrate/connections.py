"""Where accepted connections go: to a thread, a process, a pool, or into the code that follows the accept."""

from dataclasses import dataclass

from iomodels.migrate.following import Followed
from iomodels.migrate.module import Call, Loop, Module
from iomodels.migrate.shapes import accepts, remembered, rounds
from iomodels.migrate.starting import Way, acceptors

__all__ = ["Served", "Way", "acceptors", "served"]

STRONGEST = list(Way)


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
    followed = Followed(module)
    for accept in accepts(module):
        ways = sorted(followed.from_accept(accept), key=lambda way: STRONGEST.index(way[0]))
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
