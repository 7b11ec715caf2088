"""Signal handlers: they run between two steps of the library's loop, and what they raise arrives there."""

import libcst as cst

from iomodels.migrate.rewrite.leaving import RAISING
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["examine"]

HARMLESS = {"signal.SIG_IGN", "signal.SIG_DFL", "signal.default_int_handler"}
CLOSES = {"close", "shutdown"}


def examine(unit: Unit) -> None:
    """Raise Refused for a wakeup descriptor, and for a handler that closes what the loop waits for, or, on trio, raises."""
    names, tree = unit.names, unit.tree
    for call in tree.all(cst.Call):
        if names.qualified(call.func) == "signal.set_wakeup_fd":
            raise Refused(
                "signals", call, "signals wake the loop through a descriptor of its own; the library has one, and takes it"
            )
        if (
            names.qualified(call.func) != "signal.signal"
            or len(call.args) != 2
            or names.qualified(call.args[1].value) in HARMLESS
        ):
            continue
        handler = call.args[1].value
        body = handler if isinstance(handler, cst.Lambda) else names.function(handler)
        if body is None:
            raise Refused("signals", call, f"what `{tree.code(handler)}` does at a signal cannot be seen")
        within = [each for each in tree.all(cst.Call) if tree.within(each, body)]
        if any(isinstance(each.func, cst.Attribute) and each.func.attr.value in CLOSES for each in within):
            raise Refused(
                "signals", call, "the signal handler closes something; the loop, which waits for it, would not notice"
            )
        raises = any(tree.within(each, body) for each in tree.all(cst.Raise))
        if unit.table.library is Target.TRIO and (raises or any(names.qualified(each.func) in RAISING for each in within)):
            raise Refused("signals", call, "the signal handler raises, which ends trio with an internal error")
