"""One file from the old text to the new: units are planned, edited together or refused, and the result is examined."""

from dataclasses import replace

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.finish import finish
from iomodels.migrate.rewrite.forking import hold_signals_in_forks
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Refusal, Rewritten, Target
from iomodels.migrate.rewrite.shape import Plan, all_shapes
from iomodels.migrate.rewrite.targets import table_for
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Options, Unit

__all__ = ["rewrite"]

ROUNDS = 3  # until nothing changes any more


def rewrite(source: str, path: str, target: Target, *, concurrent: bool = False, unsafe: bool = False) -> Rewritten:
    """Move what can be proven from blocking calls to a library's, and say why the rest was left alone.

    source: the text of `path`. concurrent: what served one client at a time may serve many. unsafe: allow what depends on
    something unseen; it is marked with a comment. Raises `libcst.ParserSyntaxError` for what is not Python 3.
    """
    options = Options(concurrent=concurrent, unsafe=unsafe)
    done = _rewrite(source, path, target, options)
    for _ in range(ROUNDS):
        if not done.changes:
            return done
        try:
            compile(done.text, path, "exec", dont_inherit=True)
            again = _rewrite(done.text, path, target, options)
        except (SyntaxError, ValueError, cst.ParserSyntaxError) as error:
            return _withdrawn(source, done, f"the new text cannot be compiled: {error}")
        if again.text == done.text:
            return done
        # What has become a coroutine may have calls in it that another shape moves now.
        line = done.changes[0].line
        changes = {*done.changes, *(replace(change, line=line) for change in again.changes)}
        done = Rewritten(again.text, tuple(sorted(changes)), done.refusals)
    return _withdrawn(source, done, "a second run would change it again")


def _withdrawn(source: str, once: Rewritten, text: str) -> Rewritten:
    tree = Tree(source, "")
    refusal = _refusal(tree, Refused("does-not-hold", tree.module, text))
    return Rewritten(source, (), (*once.refusals, refusal))


def _rewrite(source: str, path: str, target: Target, options: Options) -> Rewritten:
    tree = Tree(source, path)
    names = Names(tree)
    together = Edits(tree)
    refused: list[tuple[cst.CSTNode, Refused]] = []
    for shape in all_shapes():
        for plan in shape.recognise(tree, names):
            try:
                if isinstance(plan, Refused):
                    raise plan
                unit = Unit(tree, names, table_for(target), Edits(tree), shape.rule, options)
                plan.make(unit)
                if not _comes_later(together, unit.edits):
                    _join(together, unit.edits, plan)
            except Refused as why:
                refused.append((plan.node, why))
    # What one shape had to refuse, another may have understood.
    done = together.nodes.values()
    refusals = {_refusal(tree, why, node) for node, why in refused if not any(tree.within(node, edited) for edited in done)}
    text = source
    if together.changed:
        hold_signals_in_forks(tree, names, together, target)
        try:
            text = finish(tree, names, together, apply(tree, together))
        except Refused as why:
            return Rewritten(source, (), tuple(sorted({*refusals, _refusal(tree, why)})))
    return Rewritten(text, tuple(sorted(together.changes)), tuple(sorted(refusals)))


def _comes_later(together: Edits, edits: Edits) -> bool:
    """Whether a unit that writes the file anew, or any beside it, must wait for the next round."""
    return bool(together.changed) and id(together.tree.module) in {*together.changed, *edits.changed}


def _join(together: Edits, edits: Edits, plan: Plan) -> None:
    """Add a unit's edits to those of the file. Raises Refused when another unit edits the same."""
    if together.changed.keys() & edits.changed.keys():
        raise Refused("shared-code", plan.node, "it shares code with another unit of this file that is changed already")
    together.changed.update(edits.changed)
    together.nodes.update(edits.nodes)
    together.changes |= edits.changes
    together.imports |= edits.imports
    together.helpers.update(edits.helpers)


def _refusal(tree: Tree, refused: Refused, whole: cst.CSTNode | None = None) -> Refusal:
    """What is said of it. whole: all that is left alone for this reason."""
    reason, line = refused.reason, tree.line(refused.node)
    lines = tree.lines(whole) if whole is not None else (line, line)
    return Refusal(line, reason.code, tree.unit(refused.node), refused.text, reason.by_hand, reason.guide, lines)
