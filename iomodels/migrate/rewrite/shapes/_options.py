"""Options that are set before a socket is connected, and mean the same when they are set after it.

They say how an established connection behaves, or concern an address that was bound, and none was: tcp(7), socket(7).
"""

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._connects import Connect
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["put_behind"]


def put_behind(unit: Unit, found: Connect) -> None:
    """Set the options right behind the connecting."""
    if not found.options:
        return
    line = unit.tree.statement(found.call)
    if not isinstance(line, cst.SimpleStatementLine) or line.body[-1] is not unit.tree.parent(found.call):
        raise Refused(
            "connection-escapes", found.options[0], "its line goes on behind the connecting, and the options come later"
        )
    unit.use(unit.table.raw, unit.ends_of(found.seed))  # what it needs is known before the edits are made

    def edit(updated: cst.SimpleStatementLine) -> object:
        raw = unit.use(unit.table.raw, unit.ends_of(found.seed))
        lines: list[cst.BaseStatement] = [updated] if updated.body else []
        for call in found.options:
            arguments = ", ".join(unit.tree.code(arg.value) for arg in call.args)
            option = cst.parse_statement(f"{raw}.setsockopt({arguments})")
            lines.append(option if lines else option.with_changes(leading_lines=updated.leading_lines))
        return cst.FlattenSentinel(lines)

    unit.edits.edit(line, "options", edit)
    unit.note(found.options[0], "the options are set when it is connected")
