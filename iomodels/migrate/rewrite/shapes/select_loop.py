"""select, poll, epoll: a loop that waits for the listening socket and all connections becomes a task for each connection."""

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._unroll import plans
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> list[Plan | Refused]:
    return plans(tree, names, {"select", "poll"})


SHAPE = Shape("IOM111", "select-loop", _recognise)
