"""What asyncio itself logs: a line at DEBUG when its loop begins, which a program that logs all of that will show."""

import libcst as cst

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["tell_of_debug"]

DEBUG = {"logging.DEBUG", "logging.NOTSET", "10", "0", '"DEBUG"', "'DEBUG'"}
ROOT = {"logging.getLogger", "logging.root"}


def tell_of_debug(unit: Unit) -> None:
    """Say so where the file lets the root logger show DEBUG."""
    if unit.table.library is Target.TRIO:
        return
    for call in unit.tree.all(cst.Call):
        if _sets_root(unit, call) and any(
            (unit.names.qualified(arg.value) or unit.tree.code(arg.value)) in DEBUG for arg in call.args
        ):
            unit.note(call, "asyncio logs a line of its own at DEBUG, `Using selector`, when its loop begins")


def _sets_root(unit: Unit, call: cst.Call) -> bool:
    match call.func:
        case cst.Attribute(value=cst.Call(args=[]) as logger, attr=cst.Name("setLevel")):
            return unit.names.qualified(logger.func) in ROOT
        case cst.Attribute(value=logger, attr=cst.Name("setLevel")):
            made = [
                value.func
                for value in unit.names.values(unit.names.variable(logger))
                if isinstance(value, cst.Call) and not value.args
            ]
            return any(unit.names.qualified(each) in ROOT for each in [logger, *made])
    return unit.names.qualified(call.func) == "logging.basicConfig"
