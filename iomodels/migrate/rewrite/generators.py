"""A generator that receives, as those that give the lines of a connection: it becomes an asynchronous one."""

import libcst as cst

from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert_generator", "is_generator", "iterate"]

ASYNC = {f"{module}.{name}": name for module in ("collections.abc", "typing") for name in ("Iterator", "Iterable")}


def is_generator(unit: Unit, function: cst.FunctionDef) -> bool:
    """Whether a function yields."""
    return any(unit.tree.function(each) is function for each in unit.tree.all(cst.Yield))


def convert_generator(unit: Unit, function: cst.FunctionDef) -> None:
    """See that nothing depends on when it ends, and say in its annotation what it is now. Raises Refused."""
    tree, name = unit.tree, function.name.value
    for each in tree.all(cst.Yield):
        if tree.function(each) is not function:
            continue
        if isinstance(each.value, cst.From) or not isinstance(tree.parent(each), cst.Expr):
            raise Refused("cannot-become-async", each, f"the generator `{name}` gets values, or yields from another")
        for above in tree.ancestors(each):
            if above is function:
                break
            if isinstance(above, cst.With) or (isinstance(above, cst.Try) and above.finalbody is not None):
                raise Refused("cannot-become-async", each, f"when the generator `{name}` ends is not known any more")
    returns = function.returns.annotation if function.returns is not None else None
    if returns is None:
        return
    kind = ASYNC.get(unit.names.qualified(returns.value)) if isinstance(returns, cst.Subscript) else None
    if kind is None:
        raise Refused("cannot-become-async", function, f"what the generator `{name}` says it gives has no counterpart")
    unit.edits.imports.add(f"collections.abc:Async{kind}")
    unit.edits.replace(returns, returns.with_changes(value=cst.Name(f"Async{kind}")))


def iterate(unit: Unit, call: cst.Call) -> None:
    """Let a loop over what a generator gives be `async for`. Raises Refused for any other use."""
    loop = unit.tree.parent(call)
    if not isinstance(loop, cst.For) or loop.iter is not call:
        raise Refused(
            "cannot-become-async", call, f"`{unit.tree.code(call.func)}` is a generator, and is used for more than a loop"
        )
    unit.wait(call)
    unit.make_async(loop)
