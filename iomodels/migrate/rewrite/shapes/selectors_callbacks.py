"""selectors: a loop that calls what was registered with each socket becomes a task for each connection."""

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._unroll import plans
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> list[Plan | Refused]:
    return plans(tree, names, {"selectors"})


SHAPE = Shape("IOM112", "selectors-callbacks", _recognise)
