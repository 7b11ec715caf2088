"""The text of a program without its pipe: the loop does not end, and what was done when it did follows it."""

from collections.abc import Sequence
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.imports import add_imports
from iomodels.migrate.rewrite.shapes._closings import Closing, whole
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._pipe_arms import Arm
from iomodels.migrate.rewrite.shapes._pipe_threads import Waiting
from iomodels.migrate.rewrite.shapes._pipe_uses import Pipe
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["ARRIVED", "without_arm", "without_thread"]

ARRIVED = "arrived"


def _edits(tree: Tree, pipe: Pipe, closed: Sequence[cst.For], within: cst.CSTNode | None) -> Edits:
    """What goes wherever it stands but within a node: the pipe, what closes connections; and what handlers do now."""
    edits = Edits(tree)
    arrived, made = f"{pipe.owner}{ARRIVED}", tree.statement(pipe.made)
    edits.edit(made, "arrived", lambda updated: _line(f"{arrived} = []").with_changes(leading_lines=updated.leading_lines))
    for line in [*pipe.lines, *closed]:
        if line is not made and (within is None or not tree.within(line, within)):
            edits.edit(whole(tree, line), "remove", lambda _: cst.RemoveFromParent())
    for element in pipe.elements:
        edits.edit(element, "remove", lambda _: cst.RemoveFromParent())
    for function, number in pipe.handlers.functions:
        edits.edit(function, "arrived", partial(_noting, f"{arrived}.append({number})"))
    return edits


def _line(text: str) -> cst.SimpleStatementLine:
    line = cst.parse_statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    return line


def _noting(text: str, handler: cst.FunctionDef | cst.Lambda) -> cst.FunctionDef | cst.Lambda:
    """A handler that only notes its signal, and keeps its docstring."""
    if isinstance(handler, cst.Lambda):
        return handler.with_changes(body=cst.parse_expression(text))
    kept = handler.body.body[:1] if handler.get_docstring() is not None else ()
    return handler.with_changes(body=cst.IndentedBlock([*kept, _line(text)]))


def without_arm(pipe: Pipe, found: Found, arm: Arm, closed: Sequence[Closing], tree: Tree) -> str:
    """The text in which the loop does not end, and is followed by what was done when it did."""
    edits = _edits(tree, pipe, [each.loop for each in closed if not each.listener], arm.node)
    rest: list[cst.BaseStatement] = []
    for line in arm.rest:
        ends = next((each for each in closed if whole(tree, each.loop) is line), None)
        if ends is None:
            rest.append(line)
        elif ends.listener:
            rest.append(_line(f"{ends.listener}.close()"))
    for each in closed:
        if each.listener and not tree.within(each.loop, arm.node):
            edits.edit(each.loop, "close", partial(_closing, each.listener))
    rest = [line.with_changes(leading_lines=[each for each in line.leading_lines if each.comment]) for line in rest]  # type: ignore[attr-defined]
    if isinstance(arm.node, cst.FunctionDef):
        edits.edit(arm.node, "remove", lambda _: cst.RemoveFromParent())
    else:
        above = tree.parent(arm.node)
        chained = isinstance(above, cst.If) and above.orelse is arm.node
        edits.edit(arm.node, "remove", lambda updated: _other(updated, chained=chained))
    if arm.flag is not None:
        edits.edit(found.loop.test, "ever", lambda _: cst.Name("True"))
        for store in arm.flag[1]:
            edits.remove(store)
    edits.edit(found.loop, "after", lambda updated: cst.FlattenSentinel([updated, *rest]))
    return apply(tree, edits).code


def _closing(listener: str, updated: cst.For) -> cst.SimpleStatementLine:
    return _line(f"{listener}.close()").with_changes(leading_lines=updated.leading_lines)


def _other(
    updated: cst.If, *, chained: bool
) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel | cst.Else:
    """What is left of an `if` without its first branch. chained: whether it is an `elif`."""
    if updated.orelse is None:
        return cst.RemoveFromParent()
    if isinstance(updated.orelse, cst.Else) and not chained:
        return cst.FlattenSentinel(list(updated.orelse.body.body))  # type: ignore[arg-type]
    return updated.orelse.with_changes(leading_lines=[*updated.leading_lines, *updated.orelse.leading_lines])


def without_thread(pipe: Pipe, found: Waiting, closed: Sequence[Closing], tree: Tree) -> str:
    """The text in which the main thread accepts, where it waited."""
    edits = _edits(tree, pipe, [each.loop for each in closed], None)
    edits.remove(found.start)
    edits.edit(found.wait, "serve", lambda updated: _line(found.call).with_changes(leading_lines=updated.leading_lines))
    if found.function is not None:
        edits.edit(found.function, "remove", lambda _: cst.RemoveFromParent())
    for line in found.stops:  # the main thread waited on when nobody accepted any more
        edits.edit(line, "pause", lambda updated: cst.FlattenSentinel([_line('time.sleep(float("inf"))'), updated]))
    module = apply(tree, edits)
    return module.with_changes(body=add_imports(list(module.body), {"time"} if found.stops else set())).code
