"""`for data in iter(lambda: connection.recv(n), b"")` becomes `while (data := await ...) != b""`."""

import libcst as cst

from iomodels.migrate.rewrite.tree import Tree

__all__ = ["as_while", "iterated_by"]


def iterated_by(tree: Tree, function: cst.Lambda) -> cst.For | None:
    """The loop over a lambda's values, up to a last one; None when the lambda is used for something else."""
    argument = tree.parent(function)
    call = tree.parent(argument) if isinstance(argument, cst.Arg) else None
    loop = tree.parent(call) if isinstance(call, cst.Call) else None
    if (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Name)
        and call.func.value == "iter"
        and len(call.args) == 2
        and call.args[0] is argument
        and isinstance(loop, cst.For)
        and loop.iter is call
        and isinstance(loop.target, cst.Name)
        and loop.asynchronous is None
    ):
        return loop
    return None


def as_while(updated: cst.For) -> cst.While:
    """The loop, with what it iterated over asked for in its condition."""
    call = updated.iter
    assert isinstance(call, cst.Call)
    assert isinstance(call.args[0].value, cst.Lambda)
    value = call.args[0].value.body
    if isinstance(value, cst.Await):
        value = value.with_changes(lpar=(), rpar=())
    assert isinstance(updated.target, cst.Name)
    left = cst.NamedExpr(updated.target, value, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    test = cst.Comparison(left, [cst.ComparisonTarget(cst.NotEqual(), call.args[1].value)])
    return cst.While(
        test,
        updated.body,
        updated.orelse,
        leading_lines=updated.leading_lines,
        whitespace_before_colon=updated.whitespace_before_colon,
    )
