"""What has to hold for an event loop to be a task per connection, beyond its form."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["prove", "prove_before"]


def prove_before(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Look at the old text. Raises Refused."""


def prove(tree: Tree, names: Names, name: str) -> None:
    """Look at the new text, with threads. Raises Refused."""
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        used = names.qualified(node)
        if used.startswith(("select.", "selectors.")) and used != "select.error":
            raise Refused("event-not-understood", node, f"`{tree.code(node)}` is still used")
    starred = any(isinstance(each.names, cst.ImportStar) for each in tree.all(cst.ImportFrom))
    for name_ in tree.all(cst.Name):
        scope, parent = tree.scopes.get(name_), tree.parent(name_)
        if scope is None or starred or (isinstance(parent, cst.Arg) and parent.keyword is name_):
            continue
        if not (isinstance(parent, cst.Attribute) and parent.attr is name_) and not scope[name_.value]:
            raise Refused("odd-event-loop", name_, f"`{name_.value}` is not known where a connection is served")
