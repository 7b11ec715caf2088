"""What a server's conversation has besides its client: connections that it makes itself, and threads that it waits for."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import reach
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._adopting import adopt
from iomodels.migrate.rewrite.shapes._connects import Connect, connects
from iomodels.migrate.rewrite.shapes._joined import join_threads
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["take_along"]


def take_along(unit: Unit) -> Sequence[Connect]:
    """Convert what the region and the roots reach of it; its connections are to be followed later. Raises Refused."""
    join_threads(unit, reach(unit))
    reached = reach(unit)  # and what those threads run
    places: list[cst.CSTNode] = [*reached, *([unit.region] if unit.region is not None else [])]
    found = []
    for each in connects(unit.tree, unit.names):
        node = each.node if isinstance(each, Refused) else each.call
        if any(unit.tree.within(node, place) for place in places):
            if isinstance(each, Refused):
                raise each
            found.append(each)
    adopt(unit, found)
    return found
