"""What an event loop does when its pipe can be read: what is done then, and that the loop ends with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.shapes._pipe_uses import READS, Pipe, use_of
from iomodels.migrate.rewrite.shapes._tools import contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Arm", "arm_of", "reads_only"]

JUMPS = (cst.Break, cst.Continue, cst.Pass, cst.Return)


@dataclass(frozen=True)
class Arm:
    """What is done when the pipe can be read.

    node: the `if`, or the function that is called. rest: what is left of it, for after the loop. flag: the variable that ends
    the loop, and the statements that set it before; None when it is left.
    """

    node: cst.If | cst.FunctionDef
    rest: list[cst.BaseStatement]
    flag: tuple[Variable, list[cst.CSTNode]] | None


def arm_of(tree: Tree, names: Names, pipe: Pipe, loop: cst.While) -> Arm | None:
    """The one arm of a pipe. None: there is none, or it does not end the loop, or needs what the loop had."""
    if len(pipe.tests) + len(pipe.callbacks) != 1 or loop.orelse is not None:
        return None
    node: cst.CSTNode | None = pipe.callbacks[0] if pipe.callbacks else tree.parent(pipe.tests[0])
    if not isinstance(node, cst.If | cst.FunctionDef) or (isinstance(node, cst.If) and node.test is not pipe.tests[0]):
        return None
    if isinstance(node, cst.If) and isinstance(pipe.tests[0].comparisons[0].operator, cst.In) and node.orelse is not None:
        return None  # what is left would be done at each turn
    if not isinstance(node.body, cst.IndentedBlock) or any(not tree.within(call, node) for call in pipe.reads):
        return None
    gone = {id(line) for line in pipe.lines}
    rest = [line for line in node.body.body if id(line) not in gone and not reads_only(names, pipe, line)]
    last = only(rest[-1]) if rest else None
    flag = _flag(tree, names, loop, rest)
    if flag is not None:
        rest = [line for line in rest if not _is_store(tree, names, line, flag[0])]
        if isinstance(last, JUMPS) and getattr(last, "value", None) is None:
            del rest[-1]
    elif not _leaves(tree, names, loop, node, last):
        return None
    elif isinstance(last, cst.Break) or (isinstance(last, cst.Return) and last.value is None):
        del rest[-1]
    if any(isinstance(part, (*JUMPS, cst.Yield, cst.Await)) for line in rest[:-1] for part in contains(line)):
        return None
    if flag is None and tree.code(loop.test) not in {"True", "1"}:
        return None
    return Arm(node, rest, flag) if _stands_alone(tree, names, loop, node, rest) else None


def reads_only(names: Names, pipe: Pipe, line: cst.CSTNode) -> bool:
    """Whether a statement reads from the pipe, nobody looks at what, and nothing else."""
    calls = [part for part in contains(line) if isinstance(part, cst.Call)]
    if not calls or not all(any(call is each for each in pipe.reads) or _number(call, pipe) for call in calls):
        return False
    small = only(line)
    if isinstance(small, cst.Expr):
        return isinstance(small.value, cst.Call)
    if isinstance(small, cst.Assign):
        variable = names.variable(small.targets[0].target)
        return len(small.targets) == 1 and small.value is calls[0] and variable is not None and not names.loads[variable]
    if isinstance(line, cst.Try | cst.While):
        inner = [part for part in contains(line) if isinstance(part, cst.BaseSmallStatement)]
        leaves = (cst.Pass, cst.Break) if isinstance(line, cst.While) else cst.Pass
        return all(isinstance(each, leaves) or _reads(each, calls) for each in inner)
    return False


def _reads(small: cst.BaseSmallStatement, calls: Sequence[cst.Call]) -> bool:
    return isinstance(small, cst.Expr) and any(small.value is call for call in calls)


def _number(call: cst.Call, pipe: Pipe) -> bool:
    """Whether a call is the `fileno` in a call that reads."""
    inside = any(call is part for each in pipe.reads for part in contains(each))
    return inside and isinstance(call.func, cst.Attribute) and call.func.attr.value == "fileno"


def _flag(
    tree: Tree, names: Names, loop: cst.While, body: Sequence[cst.BaseStatement]
) -> tuple[Variable, list[cst.CSTNode]] | None:
    """The variable that an arm sets, and with which the loop ends; nothing else may set it, or look at it."""
    test, ends = loop.test, "False"
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        test, ends = test.expression, "True"
    variable = names.variable(test)
    stores = names.stores[variable] if variable is not None else []
    if variable is None or [*map(id, names.loads[variable])] != [id(test)]:
        return None
    lines = [tree.statement(store.node) for store in stores]
    values = [tree.code(store.value) if store.value is not None else "" for store in stores]
    inside = [index for index, line in enumerate(lines) if any(line is each for each in body)]
    others = [index for index in range(len(lines)) if index not in inside]
    here = [index for index in others if tree.function(lines[index]) is tree.function(loop)]
    if len(inside) != 1 or values[inside[0]] != ends or any(not isinstance(only(lines[index]), cst.Assign) for index in others):
        return None
    begins = [index for index in (here[-1:] or others) if values[index] == ("True" if ends == "False" else "False")]
    known = all(values[index] in {"True", "False"} and not tree.within(lines[index], loop) for index in others)
    first = here and tree.parent(lines[here[-1]]) in [tree.parent(above) for above in [loop, *tree.ancestors(loop)]]
    if not known or len(begins) != len(here[-1:] or others) or (here and (not first or tree.follows(lines[here[-1]], loop))):
        return None
    return variable, [lines[index] for index in others]


def _is_store(tree: Tree, names: Names, line: cst.CSTNode, variable: Variable) -> bool:
    return any(tree.statement(store.node) is line for store in names.stores[variable])


def _leaves(tree: Tree, names: Names, loop: cst.While, node: cst.CSTNode, last: cst.BaseSmallStatement | None) -> bool:
    """Whether the last statement of an arm ends the loop, and nothing stands between the two that would notice."""
    if tree.function(node) is not tree.function(loop) or not tree.within(node, loop) or node is tree.function(loop):
        return False
    above = []
    for each in tree.ancestors(node):
        if each is loop:
            break
        above.append(each)
    if any(isinstance(each, cst.Try | cst.With) for each in above):
        return False
    if isinstance(last, cst.Break):
        return not any(isinstance(each, cst.For | cst.While) for each in above)
    exits = isinstance(last, cst.Expr) and isinstance(last.value, cst.Call) and names.qualified(last.value.func) == "sys.exit"
    return isinstance(last, cst.Return | cst.Raise) or exits


def _stands_alone(tree: Tree, names: Names, loop: cst.While, node: cst.CSTNode, rest: Sequence[cst.BaseStatement]) -> bool:
    """Whether what is left of an arm means the same after the loop."""
    here = tree.function(loop)
    same = tree.function(node) is here and not isinstance(node, cst.FunctionDef)
    for part in (part for line in rest for part in contains(line)):
        if isinstance(part, cst.Name):
            variable = names.variable(part)
            stores = names.stores[variable] if variable is not None else []
            if names.self_class(part) is not None:
                method = tree.method(loop)
                if method is None or not method.params.params or method.params.params[0].name.value != part.value:
                    return False
            elif any(tree.within(store.node, loop) if same else tree.function(store.node) is not None for store in stores):
                return False
        if isinstance(part, cst.Call) and (use := use_of(tree, names, part)) is not None and use[1] in READS:
            return False
    return all(is_call_statement(line) is not None or not _binds(line) for line in rest)


def _binds(line: cst.CSTNode) -> bool:
    """Whether a statement makes names."""
    return any(
        isinstance(part, cst.FunctionDef | cst.ClassDef | cst.Import | cst.ImportFrom | cst.Global) for part in contains(line)
    )
