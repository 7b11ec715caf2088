"""Threads that serve while the main thread waits for a pipe: which thread accepts, and where the main thread waits."""

from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._found import accepting
from iomodels.migrate.rewrite.shapes._pipe_arms import reads_only
from iomodels.migrate.rewrite.shapes._pipe_uses import Pipe
from iomodels.migrate.rewrite.shapes._tools import is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Waiting", "waiting"]

AT_ONCE = {".close", ".shutdown", ".values", ".copy", ".clear", "builtins.list", "builtins.tuple", "builtins.len", "sys.exit"}
AT_ONCE |= {"os.close", "os._exit", "signal.signal"}
HARMLESS = {"builtins.print", "sys.stdout.flush", "sys.stderr.flush", "logging.info", "logging.debug", "logging.warning"}


@dataclass(frozen=True)
class Waiting:
    """What is found.

    loop: the one that accepts. connection: what a connection is stored in. start: the statement that starts the thread.
    wait: the one that waits for the pipe. call: what the thread runs, as a call. function: the one that waits, when that is
    one of its own. stops: the `return` or `break` for an `accept` that failed.
    """

    loop: cst.While
    connection: cst.BaseExpression
    start: cst.CSTNode
    wait: cst.CSTNode
    call: str
    function: cst.FunctionDef | None
    stops: list[cst.CSTNode]


def waiting(tree: Tree, names: Names, pipe: Pipe) -> Waiting | None:
    """The program's one thread that accepts, and its main thread's one wait. None: not understood."""
    found = accepting(tree, names)
    assign = tree.parent(found[0]) if len(found) == 1 else None
    target = assign.targets[0].target if isinstance(assign, cst.Assign) else None
    loop = next((above for above in tree.ancestors(found[0]) if isinstance(above, cst.While)), None) if found else None
    if (
        loop is None
        or not isinstance(target, cst.Tuple)
        or len(pipe.reads) != 1
        or pipe.elements
        or pipe.tests
        or pipe.callbacks
    ):
        return None
    serves = tree.function(loop)
    threads = [call for call in tree.all(cst.Call) if names.qualified(call.func) == "threading.Thread"]
    given = {id(call): {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None} for call in threads}
    own = [call for call in threads if "target" in given[id(call)] and names.function(given[id(call)]["target"]) is serves]
    if len(own) != 1 or not isinstance(serves, cst.FunctionDef):
        return None
    told = given[id(own[0])]
    if not told.keys() <= {"target", "daemon", "name", "args"} or "daemon" not in told or tree.code(told["daemon"]) != "True":
        return None
    args = told.get("args")
    if args is not None and not isinstance(args, cst.Tuple | cst.List):
        return None
    values = ", ".join(tree.code(each.value) for each in args.elements) if args is not None else ""
    start = tree.statement(own[0])
    begun = is_call_statement(start)
    if begun is None or tree.code(begun) != f"{tree.code(own[0])}.start()":
        return None
    wait, function = _wait(tree, names, pipe)
    stops = _stops(tree, names, found[0], loop)
    block = tree.parent(start)
    if wait is None or stops is None or not isinstance(block, cst.IndentedBlock | cst.Module) or tree.parent(wait) is not block:
        return None
    body = list(block.body)
    first, last = (next(index for index, each in enumerate(body) if each is line) for line in (start, wait))
    between = [is_call_statement(line) for line in body[first + 1 : last]]
    quiet = all(call is not None and names.qualified(call.func) in HARMLESS for call in between)
    if first > last or not quiet or not all(_at_once(names, call) for call in _calls_after(tree, wait)):
        return None
    uses = [node for kind in (cst.Name, cst.Attribute) for node in tree.all(kind) if names.function(node) is serves]
    if [each for each in uses if not isinstance(tree.parent(each), cst.FunctionDef)] != [told["target"]]:
        return None
    return Waiting(loop, target.elements[0].value, start, wait, f"{tree.code(told['target'])}({values})", function, stops)


def _calls_after(tree: Tree, wait: cst.CSTNode) -> list[cst.Call]:
    """What is called in a function after a statement; meanwhile the threads would have gone on to serve."""
    here = tree.function(wait)
    return [call for call in tree.all(cst.Call) if tree.function(call) is here and tree.follows(call, wait)]


def _at_once(names: Names, call: cst.Call) -> bool:
    qualified = names.qualified(call.func)
    method = f".{call.func.attr.value}" if isinstance(call.func, cst.Attribute) else ""
    return qualified in AT_ONCE | HARMLESS or method in AT_ONCE


def _wait(tree: Tree, names: Names, pipe: Pipe) -> tuple[cst.CSTNode | None, cst.FunctionDef | None]:
    """The statement that waits: the one that reads, or the call of a function that does nothing else."""
    call = pipe.reads[0]
    line, function = tree.statement(call), tree.function(call)
    if reads_only(names, pipe, line):
        alone = isinstance(function, cst.FunctionDef) and function.body.body == (line,)
    else:
        alone = isinstance(function, cst.FunctionDef) and _tells_only(names, function, line)
        if not alone:
            return None, None
    if not alone or not isinstance(function, cst.FunctionDef):
        return line, None
    uses = [node for kind in (cst.Name, cst.Attribute) for node in tree.all(kind) if names.function(node) is function]
    calls = [tree.parent(use) for use in uses if not isinstance(tree.parent(use), cst.FunctionDef)]
    if len(calls) != 1 or not isinstance(calls[0], cst.Call) or is_call_statement(tree.statement(calls[0])) is not calls[0]:
        return None, None
    return tree.statement(calls[0]), function


def _tells_only(names: Names, function: cst.FunctionDef, line: cst.CSTNode) -> bool:
    """Whether a function reads, and returns what: `number = os.read(...)[0]`, `return number`."""
    small, body = only(line), function.body.body
    if len(body) == 1:
        return isinstance(small, cst.Return)
    last = only(body[-1])
    if len(body) != 2 or not isinstance(small, cst.Assign) or not isinstance(last, cst.Return) or last.value is None:
        return False
    return names.variable(last.value) is not None and names.variable(last.value) == names.variable(small.targets[0].target)


def _stops(tree: Tree, names: Names, accept: cst.Call, loop: cst.While) -> list[cst.CSTNode] | None:
    """Where the thread ended because `accept` failed, with nothing done after that."""
    block = tree.parent(tree.statement(accept))
    around = tree.parent(block) if block is not None else None
    if not isinstance(around, cst.Try) or around.body is not block or len(around.handlers) != 1:
        return None
    handler = around.handlers[0]
    caught = names.qualified(handler.type) if handler.type is not None else ""
    line = handler.body.body[-1]
    host = tree.parent(loop)
    last = isinstance(host, cst.IndentedBlock) and host.body[-1] is loop
    leaves = isinstance(only(line), cst.Return) or (isinstance(only(line), cst.Break) and last)
    if caught not in {"builtins.OSError", "socket.error", "builtins.Exception"} or len(handler.body.body) != 1 or not leaves:
        return None
    return [line]
