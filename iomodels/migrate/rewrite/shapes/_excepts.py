"""Clauses for what only a non-blocking call does: they never run when a call waits."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._tools import code, contains

__all__ = ["live"]

WOULD_BLOCK = {"builtins.BlockingIOError", "builtins.InterruptedError", "ssl.SSLWantReadError", "ssl.SSLWantWriteError"}
NUMBERS = {"EAGAIN", "EWOULDBLOCK", "EINTR"}


def live(names: Names, handlers: Sequence[cst.ExceptHandler]) -> list[cst.ExceptHandler]:
    """The clauses that may still run, without the types that nothing raises any more."""
    left = []
    for handler in handlers:
        new = _without_types(names, handler)
        if new is not None and not _only_numbers(new):
            left.append(new)
    return left


def _without_types(names: Names, handler: cst.ExceptHandler) -> cst.ExceptHandler | None:
    if handler.type is None:
        return handler
    if not isinstance(handler.type, cst.Tuple):
        return None if names.qualified(handler.type) in WOULD_BLOCK else handler
    kept = [each for each in handler.type.elements if names.qualified(each.value) not in WOULD_BLOCK]
    if len(kept) == len(handler.type.elements):
        return handler
    if len(kept) == 1:
        return handler.with_changes(type=kept[0].value)
    last = [*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else []
    return handler.with_changes(type=handler.type.with_changes(elements=last)) if last else None


def _only_numbers(handler: cst.ExceptHandler) -> bool:
    """`if e.errno in (EAGAIN, ...): return` and then a bare `raise`: it catches nothing else."""
    body = handler.body.body
    if len(body) != 2 or not isinstance(body[0], cst.If) or code(body[1]) != "raise" or body[0].orelse is not None:
        return False
    asked = {each.value for each in contains(body[0].test) if isinstance(each, cst.Name)}
    name = code(handler.name.name) if handler.name is not None else ""
    return bool(asked & NUMBERS) and asked <= NUMBERS | {"errno", "args", name}
