"""An import of asyncore, asynchat or smtpd, which Python 3.12 does not have."""

import ast
from collections.abc import Iterator

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
    if any(name in module.imports for name in REMOVED):
        yield from _imports(module.tree, "")


def _imports(node: ast.AST, guard: str) -> Iterator[Spot]:
    """The imports in a statement. guard: what is done where the module is missing."""
    for name in _imported(node):
        yield Spot(node, f"{name} was removed in Python 3.12{guard}")
    for part in ("body", "orelse", "handlers", "finalbody"):
        for child in getattr(node, part, None) or ():
            yield from _imports(child, (_guard(node) if part == "body" else "") or guard)


def _imported(node: ast.AST) -> list[str]:
    """Which of them a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in REMOVED]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in REMOVED:
        return [node.module]
    return []


def _guard(node: ast.AST) -> str:
    """What a statement does for those in its body that import what is missing."""
    if isinstance(node, ast.If) and "version" in ast.unparse(node.test):
        return f"; the condition in line {node.lineno} looks at the version"
    for handler in node.handlers if isinstance(node, ast.Try) else ():
        names = ast.walk(handler.type) if handler.type is not None else ()
        if handler.type is None or any(isinstance(part, ast.Name) and part.id in MISSING for part in names):
            return f": there the except clause in line {handler.lineno} is taken"
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
    trap="An import that `except ImportError` guards fails no more, and the server behind it silently never exists. The "
    "packages pyasyncore and pyasynchat on PyPI bring the modules back, unmaintained: a stay of execution.",
    guide="models/asyncore.md",
    example=EXAMPLE,
    check=check,
)
