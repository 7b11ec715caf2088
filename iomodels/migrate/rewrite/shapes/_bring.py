"""The listening socket, where one function makes it and another has the loop: the one returns it, the other is given it."""

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._tools import code
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["bring"]


def bring(tree: Tree, names: Names, found: Found, listener: cst.BaseExpression, edits: Edits) -> None:
    """Do so where the two are called once, one after the other. Else the name stays unknown, and that is refused later."""
    maker, user = tree.function(listener), tree.function(found.loop)
    if not isinstance(listener, cst.Name) or not isinstance(maker, cst.FunctionDef) or not isinstance(user, cst.FunctionDef):
        return
    calls = [_only_call(tree, names, function) for function in (maker, user)]
    returns = any(tree.function(each) is maker for each in tree.all(cst.Return))
    if maker is user or returns or None in calls or tree.class_of(maker) is not None or tree.class_of(user) is not None:
        return
    [making, using] = calls
    assert making is not None
    assert using is not None
    places = [tree.parent(tree.statement(call)) for call in (making, using)]
    if (
        places[0] is not places[1]
        or tree.line(making) > tree.line(using)
        or user.params.star_kwarg
        or user.params.kwonly_params
    ):
        return
    last = cst.parse_statement(f"return {listener.value}")
    edits.edit(
        maker, "return", lambda updated: updated.with_changes(body=updated.body.with_changes(body=[*updated.body.body, last]))
    )
    line = tree.statement(making)
    given = cst.parse_statement(f"{listener.value} = {code(making)}")
    edits.edit(line, "keep", lambda updated: given.with_changes(leading_lines=updated.leading_lines))
    edits.edit(
        user.params,
        "given",
        lambda updated: updated.with_changes(params=[cst.Param(cst.Name(listener.value)), *updated.params]),
    )
    edits.edit(using, "given", lambda updated: updated.with_changes(args=[cst.Arg(cst.Name(listener.value)), *updated.args]))


def _only_call(tree: Tree, names: Names, function: cst.FunctionDef) -> cst.Call | None:
    """The one place that names a function: a statement that calls it."""
    variable = names.variable(function.name)
    loads = names.loads[variable] if variable is not None else []
    call = tree.parent(loads[0]) if len(loads) == 1 else None
    return call if isinstance(call, cst.Call) and isinstance(tree.parent(call), cst.Expr) else None
