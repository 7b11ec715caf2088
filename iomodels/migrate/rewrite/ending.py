"""Whether a conversation ends with its input.

At the end of input a socket gives b"" at once, again and again. A thread that does not look spins, and others run beside it; on
asyncio, whose read does not yield then, nobody else would ever run.
"""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import references
from iomodels.migrate.rewrite.iterating import iterated_by
from iomodels.migrate.rewrite.leaving import EXITS, last_of
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["ends_with_input"]


def ends_with_input(unit: Unit, receive: cst.Call) -> bool:
    """Whether what is received is asked for being there, and nothing receives again when it is not. False where that cannot be
    told."""
    if _happens_once(unit, receive, ()):
        return True
    looked = _looked_at(unit, receive)
    return looked is not None and _is_left(unit, *looked)


def _looked_at(unit: Unit, receive: cst.Call) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    """The loop that ends when nothing came, twice; or else the `if` that asks, and the last that is done then."""
    tree, parent = unit.tree, unit.tree.parent(receive)
    if isinstance(parent, cst.Assign):
        return _asked_behind(unit, parent)
    if isinstance(parent, cst.Lambda):
        return _iterated(unit, parent)
    tested = parent if isinstance(parent, cst.NamedExpr) else receive
    above = tree.parent(tested)
    if isinstance(above, cst.Comparison) and tree.code(above.comparisons[0]) == '!= b""':
        above = tree.parent(above)
    return (above, above) if isinstance(above, cst.While) else None


def _asked_behind(unit: Unit, stored: cst.Assign) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    """Of `data = receive`: what the next statement does when there is none."""
    if len(stored.targets) != 1 or not isinstance(stored.targets[0].target, cst.Name):
        return None
    name, last = stored.targets[0].target.value, None
    following = _following(unit, unit.tree.statement(stored))
    match following:
        case cst.If(test=test, body=body) if _is_absent(unit, test, name):
            last = last_of(body)
        case cst.If(test=cst.Name(value=found), orelse=cst.Else(body=body)) if found == name:
            last = last_of(body)
    return (following, last) if following is not None and last is not None else None


def _iterated(unit: Unit, function: cst.Lambda) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    """Of `for data in iter(lambda: receive, b"")` the loop."""
    loop = iterated_by(unit.tree, unit.names, function)
    if loop is None or not isinstance(loop.iter, cst.Call):
        return None
    return (loop, loop) if unit.tree.code(loop.iter.args[1].value) in {'b""', "b''"} else None


def _following(unit: Unit, statement: cst.CSTNode) -> cst.CSTNode | None:
    """The statement behind one, or behind the `try` that it is the last of."""
    block, behind = unit.tree.parent(statement), unit.tree.behind(statement)
    if behind:
        return behind[0]
    above = unit.tree.parent(block) if block is not None else None
    alone = isinstance(above, cst.Try) and above.body is block and above.orelse is None and above.finalbody is None
    return _following(unit, above) if alone and above is not None else None


def _is_absent(unit: Unit, test: cst.BaseExpression, name: str) -> bool:
    """Whether a test holds, whatever else it asks, when the name holds b\"\"."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Name(value=found)):
            return found == name
        case cst.BooleanOperation(operator=cst.Or(), left=left, right=right):
            return _is_absent(unit, left, name) or _is_absent(unit, right, name)
    return unit.tree.code(test) in {f'{name} == b""', f"{name} == b''", f"len({name}) == 0", f"len({name}) < 1"}


def _is_left(unit: Unit, asked: cst.CSTNode, last: cst.CSTNode) -> bool:
    """Whether the last thing that is done ends the conversation."""
    loops = _loops(unit, last)
    if last is asked or isinstance(last, cst.Break):  # the innermost loop ends; what is done behind it may receive no more
        return len(loops) == (0 if last is asked else 1) and _happens_once(unit, last, loops)
    if isinstance(last, cst.Raise) and any(isinstance(above, cst.Try) for above in unit.tree.ancestors(last)):
        return False
    if isinstance(last, cst.Return) and not loops and _ends_its_callers(unit, last):
        return True
    exits = isinstance(last, cst.Expr) and isinstance(last.value, cst.Call) and unit.names.qualified(last.value.func) in EXITS
    return (exits or isinstance(last, cst.Return | cst.Raise)) and _happens_once(unit, last, loops)


def _ends_its_callers(unit: Unit, statement: cst.Return) -> bool:
    """Whether what a function gives there is false, and each call of it is the test of a loop that it ends."""
    function, value = unit.tree.function(statement), statement.value
    if not isinstance(function, cst.FunctionDef) or not isinstance(value, cst.Name) or value.value not in {"False", "None"}:
        return False
    above = [unit.tree.parent(unit.tree.parent(each) or each) for each in references(unit, function)]
    return bool(above) and all(isinstance(loop, cst.While) and _is_left(unit, loop, loop) for loop in above)


def _loops(unit: Unit, node: cst.CSTNode) -> list[cst.CSTNode]:
    """The loops round a node in its function that do not bring a connection in each of their rounds."""
    found: list[cst.CSTNode] = []
    for above in unit.tree.ancestors(node):
        if above is unit.region or isinstance(above, cst.FunctionDef | cst.Lambda):
            break
        fresh = above is unit.rounds or any(unit.tree.within(give, above) for give in unit.giving)
        if isinstance(above, cst.While | cst.For | cst.CompFor) and not fresh:
            found.append(above)
    return found


def _happens_once(unit: Unit, node: cst.CSTNode, left: Sequence[cst.CSTNode], seen: tuple[cst.CSTNode, ...] = ()) -> bool:
    """Whether a node is reached once for each connection, but for the loops that are left."""
    if any(loop not in left for loop in _loops(unit, node)):
        return False
    function = unit.tree.function(node)
    if function is None or (unit.region is not None and unit.tree.within(unit.region, function)):
        return True
    if not isinstance(function, cst.FunctionDef) or function in seen:
        return False
    calls = [unit.tree.parent(each) for each in references(unit, function)]
    return all(_happens_once(unit, call, (), (*seen, function)) for call in calls if isinstance(call, cst.Call))
