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
    """Whether what the loop leaves in the name is never read: all reads stand in the body of a loop that has set it."""
    variable = names.variable(target)
    if variable is None:
        return False
    set_by = [store.node for store in names.stores[variable]]
    looks: list[cst.CSTNode] = [*names.loads[variable]]
    looks += [node for node in set_by if isinstance(tree.parent(node), cst.AugAssign | cst.Del)]
    for look in looks:
        above = list(tree.ancestors(look))
        here = [each for each in above if isinstance(each, cst.For) and tree.within(look, each.body)]
        if tree.function(look) is not tree.function(loop) or not any(
            tree.within(node, each.target) for each in here for node in set_by
        ):
            return False
        if any(isinstance(each, cst.GeneratorExp) for each in above):
            return False  # it may be asked later
    return True


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
