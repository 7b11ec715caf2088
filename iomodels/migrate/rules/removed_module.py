"""An import of asyncore, asynchat or smtpd, which Python 3.12 does not have."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import parents
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot

EXAMPLE = """\
import asyncore

asyncore.loop()
"""

REMOVED = ("asyncore", "asynchat", "smtpd")
MISSING = {"ImportError", "ModuleNotFoundError", "Exception"}


def check(module: Module) -> Iterator[Spot]:
    """Each import of one of them; it says when the code is ready for its failing."""
    if not any(name in module.imports for name in REMOVED):
        return
    for node in ast.walk(module.tree):
        for name in _imported(node):
            guard = _guard(module, node)
            text = f"{name} was removed in Python 3.12" + (f": {guard}" if guard else "")
            yield Spot(node, text)


def _imported(node: ast.AST) -> list[str]:
    """Which of them a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in REMOVED]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in REMOVED:
        return [node.module]
    return []


def _guard(module: Module, node: ast.AST) -> str:
    """What is done where the module is missing; "" for nothing."""
    above = parents(module)
    here: ast.AST | None = node
    while here is not None:
        around = above.get(id(here))
        if isinstance(around, ast.Try) and here in around.body:
            for handler in around.handlers:
                if handler.type is None or any(
                    isinstance(part, ast.Name) and part.id in MISSING for part in ast.walk(handler.type)
                ):
                    return f"there the except clause in line {handler.lineno} is taken"
        if isinstance(around, ast.If) and "version" in ast.unparse(around.test):
            return f"the condition in line {around.lineno} looks at the version"
        here = around
    return ""


RULE = Rule(
    code="IOM211",
    name="removed-module",
    group=Group.HAZARD,
    summary="asyncore, asynchat and smtpd were removed in Python 3.12",
    asyncio="asyncio streams or a Protocol; for smtpd the package aiosmtpd",
    trio="a task for each connection: trio.serve_tcp(handle, port)",
    anyio="listener = await anyio.create_tcp_listener(...); await listener.serve(handle)",
    by=By.BOTH,
    trap="The packages pyasyncore and pyasynchat on PyPI bring the modules back, unmaintained: a stay of execution. An import"
    " that except ImportError guards fails no more, and the server behind it silently never exists.",
    guide="models/asyncore.md",
    example=EXAMPLE,
    check=check,
)
