"""A program on select, poll, epoll or selectors, moved to the bridge as its author would: a word at a time.

The waiting objects come from the bridge, each wait gets an `await`, each function with one an `async`, and so on to the start,
which goes to a library. Nothing else changes.
"""

import ast
import re

__all__ = ["LIBRARIES", "moved"]

LIBRARIES = {
    "asyncio": "import asyncio\ndef run_awaited(main):\n    asyncio.run(main())\n",
    "trio": "from trio import run as run_awaited\n",
    "anyio": "from anyio import run as run_awaited\n",
}
NAMES = {
    "selectors.DefaultSelector": "Selector",
    "select.select": "awaited_select",
    "select.poll": "poll",
    "select.epoll": "epoll",
}
IMPORTS = """\
from iomodels.bridge.polling import poll
from iomodels.bridge.epolling import epoll
from iomodels.bridge.readiness import select as awaited_select
from iomodels.bridge.selector import Selector
"""
WAITS = "awaited_select", "select", "poll"  # names of functions and methods


def moved(text: str, library: str) -> str:
    """The program under a library. It starts in one statement, the last."""
    for old, new in NAMES.items():
        text = re.sub(rf"\b{re.escape(old)}\(", f"{new}(", text)
    text = re.sub(r"^from select import select$", "from iomodels.bridge.readiness import select", text, flags=re.MULTILINE)
    text = re.sub(r"^(from select import .*), poll$", r"\1", text, flags=re.MULTILINE)
    waiting = set(WAITS)
    while True:
        tree = ast.parse(text)
        functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        found = {each.name for each in functions if any(name in waiting for name, _ in _calls(each))} - waiting
        if not found:
            break
        waiting |= found
    edits = [(each.lineno, each.col_offset, "async ") for each in functions if each.name in waiting]
    used = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Subscript | ast.Attribute)}
    for place in [*functions, tree.body[-1]]:
        for name, call in _calls(place):
            if name in waiting and id(call) in used:
                edits += [(call.lineno, call.col_offset, "(await "), (call.end_lineno or 0, call.end_col_offset or 0, ")")]
            elif name in waiting:
                edits.append((call.lineno, call.col_offset, "await "))
    lines = text.splitlines()
    for line, column, word in sorted(set(edits), reverse=True):
        lines[line - 1] = lines[line - 1][:column] + word + lines[line - 1][column:]
    begins = tree.body[-1].lineno - 1
    future = [line for line in lines if line.startswith("from __future__")]
    beginning = [line for line in lines[:begins] if line not in future]
    end = ["    " + line for line in lines[begins:]]
    ours = [*future, *IMPORTS.splitlines(), *LIBRARIES[library].splitlines()]
    return "\n".join([*ours, *beginning, "async def begin():", *end, "run_awaited(begin)", ""])


def _calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Calls, by the last word of what is called, but the makers of the waiting objects."""
    found = []
    for each in ast.walk(tree):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name | ast.Attribute):
            name = each.func.id if isinstance(each.func, ast.Name) else each.func.attr
            if not (isinstance(each.func, ast.Name) and name == "poll"):
                found.append((name, each))
    return found
