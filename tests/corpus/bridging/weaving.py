"""Words added to a program as its author would add them: `await` to each call that waits, `async` to each function with one.

A call waits if what is called bears a name that does, or is a function of the program that awaits. Functions that were handed
to a loop (`loop.call(function, argument)`) are not called by their name: there it ends, or at the program's start.
"""

import ast
from collections.abc import Collection, Iterator

__all__ = ["begun", "placed", "unwoven", "woven"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Edit = tuple[int, int, int, str]  # line, column, how many characters go, what comes for them


def woven(text: str, waits: Collection[str], methods: Collection[str] = ()) -> str:
    """The program with its words.

    waits: names of functions and methods that are awaited. methods: those of a socket among them, which become functions:
    `await recv(sock, size)`.
    """
    tree = ast.parse(text)
    functions = [each for each in ast.walk(tree) if isinstance(each, Function)]
    waiting = set(waits)
    while found := {each.name for each in functions if any(name in waiting for name, _ in _calls(each))} - waiting:
        waiting |= found
    edits: set[Edit] = {
        (each.lineno, each.col_offset, 0, "async ")
        for each in functions
        if each.name in waiting and isinstance(each, ast.FunctionDef)
    }
    used = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Subscript | ast.Attribute)}
    for name, call in _calls(tree):
        if name not in waiting:
            continue
        line, column = call.lineno, call.col_offset
        inner = ""
        if name in methods and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            inner = f"{name}("
            edits.add((owner.end_lineno or 0, owner.end_col_offset or 0, len(f".{name}("), ", "))
        if id(call) in used:
            inner = f"(await {inner}"
            edits.add((call.end_lineno or 0, call.end_col_offset or 0, 0, ")"))
        else:
            inner = f"await {inner}"
        edits.add((line, column, 0, inner))
    return _edited(text, edits)


def begun(text: str) -> str:
    """The program whose last statement, the one that starts it, is given to a library: `run_awaited(begin)`."""
    begins = ast.parse(text).body[-1].lineno - 1
    lines = text.splitlines()
    end = [f"    {line}" if line else line for line in lines[begins:]]
    return "\n".join([*lines[:begins], "async def begin():", *end, "", "", "run_awaited(begin)", ""])


def placed(text: str, lines: Collection[str]) -> str:
    """The program with these lines below its docstring and what it imports from the future."""
    first = 0
    for each in ast.parse(text).body:
        docstring = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        if not (docstring or (isinstance(each, ast.ImportFrom) and each.module == "__future__")):
            break
        first = each.end_lineno or 0
    old = text.splitlines()
    return "\n".join([*old[:first], *lines, *old[first:], ""])


def unwoven(tree: ast.Module, methods: Collection[str] = ()) -> ast.Module:
    """The program as it was before: without `await` and `async`, started by its last statement."""
    bare = _Unweaver(methods).visit(tree)
    assert isinstance(bare, ast.Module)
    begin = next((each for each in bare.body if isinstance(each, ast.FunctionDef) and each.name == "begin"), None)
    if begin is not None:
        where = bare.body.index(begin)
        assert ast.unparse(bare.body[where + 1 :]) == "run_awaited(begin)"  # type: ignore[arg-type]
        bare.body[where:] = begin.body
    return bare


class _Unweaver(ast.NodeTransformer):
    def __init__(self, methods: Collection[str]) -> None:
        self._methods = methods

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        fields = dict(ast.iter_fields(node))
        return ast.FunctionDef(**fields)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in self._methods:
            owner, *arguments = call.args
            return ast.Call(ast.Attribute(owner, call.func.id, ast.Load()), arguments, call.keywords)
        return call


def _edited(text: str, edits: Collection[Edit]) -> str:
    lines = text.splitlines()
    for line, column, gone, new in sorted(edits, reverse=True):
        old = lines[line - 1]
        lines[line - 1] = old[:column] + new + old[column + gone :]
    return "\n".join([*lines, ""])


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls, by the last word of what is called. `bridge.poll()` makes an object; that object's `poll` waits."""
    for each in ast.walk(tree):
        if not isinstance(each, ast.Call) or ast.unparse(each.func) == "bridge.poll":
            continue
        if isinstance(each.func, ast.Name):
            yield each.func.id, each
        elif isinstance(each.func, ast.Attribute):
            yield each.func.attr, each
