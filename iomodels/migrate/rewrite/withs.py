"""`with` that becomes `async with`: where only some of its items do, it becomes one inside another."""

from collections.abc import Sequence
from itertools import groupby

import libcst as cst

from iomodels.migrate.rewrite.unit import Unit

__all__ = ["enter_async"]


def enter_async(unit: Unit, item: cst.WithItem) -> None:
    """Let an item of a `with` be entered asynchronously."""
    with_ = unit.tree.parent(item)
    assert isinstance(with_, cst.With)
    unit.wait(item)
    unit.entered.add(id(item))
    unit.edits.edit(with_, "async", lambda updated: _split(updated, [id(each) in unit.entered for each in with_.items]))


def _split(updated: cst.With, asynchronous: Sequence[bool]) -> cst.With:
    groups = [list(group) for _, group in groupby(zip(updated.items, asynchronous, strict=True), key=lambda pair: pair[1])]
    if len(groups) == 1:
        return updated.with_changes(asynchronous=cst.Asynchronous())
    body = updated.body
    for group in reversed(groups):
        items = [item for item, _ in group]
        items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        with_ = cst.With(items, body, asynchronous=cst.Asynchronous() if group[0][1] else None)
        body = cst.IndentedBlock([with_])
    return with_.with_changes(leading_lines=updated.leading_lines)
