"""`for data in iter(lambda: connection.recv(n), b"")` becomes `while (data := await ...) != b""`.

So does `for line in iter(file.readline, b"")`. The two differ in what the name holds when the loop has ended: the last value of
the body, or the one that ended it. So nobody may look at it then.
"""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["as_while", "iterated_by"]


def iterated_by(tree: Tree, names: Names, function: cst.CSTNode) -> cst.For | None:
    """The loop over what a function gives, up to a last one; None when it is used for something else. Raises Refused."""
    argument = tree.parent(function)
    call = tree.parent(argument) if isinstance(argument, cst.Arg) else None
    loop = tree.parent(call) if isinstance(call, cst.Call) else None
    if not (
        isinstance(call, cst.Call)
        and names.qualified(call.func) == "builtins.iter"
        and len(call.args) == 2
        and call.args[0] is argument
        and isinstance(loop, cst.For)
        and loop.iter is call
        and isinstance(loop.target, cst.Name)
        and loop.asynchronous is None
    ):
        return None
    if not isinstance(call.args[1].value, cst.SimpleString):
        raise Refused(
            "cannot-become-async", call, f"`{tree.code(call.args[1].value)}`, which ends the loop, may change meanwhile"
        )
    if not _used_in_body_alone(tree, names, loop, loop.target):
        raise Refused("cannot-become-async", loop.target, f"`{loop.target.value}` is looked at beside the loop's body")
    return loop


def _used_in_body_alone(tree: Tree, names: Names, loop: cst.For, target: cst.Name) -> bool:
    variable = names.variable(target)
    if variable is None:
        return False
    looks: list[cst.CSTNode] = [*names.loads[variable]]
    looks += [store.node for store in names.stores[variable] if isinstance(tree.parent(store.node), cst.AugAssign | cst.Del)]
    return all(
        tree.within(look, loop.body)
        and tree.function(look) is tree.function(loop)
        and not any(isinstance(above, cst.GeneratorExp) and tree.within(above, loop) for above in tree.ancestors(look))
        for look in looks
    )


def as_while(updated: cst.For) -> cst.While:
    """The loop, with what it iterated over asked for in its condition."""
    call = updated.iter
    assert isinstance(call, cst.Call)
    asked = call.args[0].value
    value = asked.body if isinstance(asked, cst.Lambda) else cst.Await(cst.Call(asked))
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
