"""The group of tasks lives where the loop is: functions between it and the place that starts a task get it as a parameter."""

import libcst as cst

from iomodels.migrate.rewrite.colour import references
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["add_parameter", "check_free", "hand_down"]

NAME = "tasks"


def check_free(unit: Unit, place: cst.CSTNode, *wanted: str) -> None:
    """Raise Refused when the file uses a name that new code there needs."""
    for name in unit.tree.all(cst.Name):
        if name.value in wanted:
            raise Refused("shared-code", place, f"the name `{name.value}` is needed for something else")


def hand_down(unit: Unit, place: cst.CSTNode) -> None:
    """Make `tasks` known at a place that the region calls. Raises Refused."""
    tree = unit.tree
    check_free(unit, place, NAME)
    while unit.region is not None and not tree.within(place, unit.region):
        function = tree.function(place)
        if not isinstance(function, cst.FunctionDef):
            raise Refused("thread-is-used", place, "the thread is started where the loop does not call it")
        found = references(unit, function)
        call = tree.parent(found[0]) if len(found) == 1 else None
        if not isinstance(call, cst.Call) or call.func is not found[0]:
            raise Refused("called-from-elsewhere", function, f"`{function.name.value}` is not called in one place only")
        add_parameter(unit, function, NAME)
        unit.edits.edit(call, "tasks", _with_arg)
        place = call


def add_parameter(unit: Unit, function: cst.FunctionDef, name: str) -> None:
    """Give a function one more parameter, its last. Raises Refused."""
    params = function.params
    if (
        params.star_arg is not cst.MaybeSentinel.DEFAULT
        or params.kwonly_params
        or params.star_kwarg
        or any(each.default for each in params.params)
    ):
        raise Refused("thread-is-used", function, f"`{function.name.value}` cannot be given another parameter")
    unit.edits.edit(params, name, lambda updated: updated.with_changes(params=[*updated.params, cst.Param(cst.Name(name))]))


def _with_arg(updated: cst.Call) -> cst.Call:
    return updated.with_changes(args=[*updated.args, cst.Arg(cst.Name(NAME))])
