"""The wait of an event loop: what it gives, how long it lasts, and what is made for it."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["limit", "only_for_the_wait", "results_of"]


def results_of(tree: Tree, line: cst.CSTNode, found: Found) -> list[str]:
    """The names of what the wait gives; none when it is iterated over at once."""
    if isinstance(line, cst.Try):
        _only_interrupted(tree, line)
        line = line.body.body[0]
    if isinstance(line, cst.For):
        return []
    assign = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if isinstance(assign, cst.Assign) and len(assign.targets) == 1 and assign.value is found.call:
        target = assign.targets[0].target
        if isinstance(target, cst.Name) and found.kind != "select":
            return [target.value]
        if isinstance(target, cst.Tuple) and len(target.elements) == 3 and found.kind == "select":
            return [tree.code(each.value) for each in target.elements]
    raise Refused("odd-event-loop", found.call, "what becomes of who is ready cannot be told")


def _only_interrupted(tree: Tree, line: cst.Try) -> None:
    """`try: select(...) except select.error: if EINTR: continue; raise`: since 3.5 a signal does not interrupt it."""
    for handler in line.handlers:
        body = handler.body.body
        name = tree.code(handler.type) if handler.type is not None else ""
        last = body[-1]
        ends = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[0], cst.Raise) and last.body[0].exc is None
        asks = len(body) == 2 and isinstance(body[0], cst.If) and "EINTR" in tree.code(body[0].test) and body[0].orelse is None
        goes = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[0], cst.Continue | cst.Pass)
        if not (ends and (asks or len(body) == 1)) and not (name == "InterruptedError" and len(body) == 1 and goes):
            raise Refused("odd-event-loop", handler, "an error of the wait is dealt with")
    if line.orelse is not None or line.finalbody is not None or len(line.body.body) != 1:
        raise Refused("odd-event-loop", line, "there is more in the `try` round the wait")


def only_for_the_wait(tree: Tree, names: Names, prelude: Sequence[cst.CSTNode], until: Sequence[cst.CSTNode]) -> None:
    """What stands before the wait must only make what it is given."""
    for statement in prelude:
        only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
        target: cst.CSTNode | None = None
        if isinstance(only, cst.AnnAssign | cst.AugAssign):
            target = only.target
        elif isinstance(only, cst.Assign) and len(only.targets) == 1:
            target = only.targets[0].target
        variable = names.variable(target) if isinstance(target, cst.Name) else None
        used = names.loads[variable] if variable is not None else []
        if variable is None or any(not any(tree.within(load, each) for each in until) for load in used):
            raise Refused("job-each-turn", statement, "something is done before each wait")


def limit(tree: Tree, names: Names, found: Found) -> str:
    """How long the wait lasts at most, in seconds, as an expression; "" for as long as it takes."""
    index = 3 if found.kind == "select" else 0
    given = [
        arg
        for position, arg in enumerate(found.call.args)
        if position == index or (arg.keyword and arg.keyword.value == "timeout")
    ]
    text = tree.code(given[0].value) if given else "None"
    if text in {"None", "-1"}:
        return ""
    name = ""
    if isinstance(found.call.func, cst.Attribute) and found.kind == "poll":
        [maker] = names.values(names.variable(found.call.func.value))
        name = names.qualified(maker.func) if isinstance(maker, cst.Call) else ""
    return f"{text} / 1000" if name == "select.poll" else text
