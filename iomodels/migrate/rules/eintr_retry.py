"""A retry after EINTR, which Python makes itself since 3.5."""

import ast
from collections.abc import Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Function, Module, dotted
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import handler_names

EXAMPLE = """\
import select


def ready(sockets):
    while True:
        try:
            return select.select(sockets, [], [])[0]
        except InterruptedError:
            continue
"""

MIXED = "EINTR among other errors: since Python 3.5 only the others come (PEP 475), and what is done for them must stay"


def check(module: Module) -> Iterator[Spot]:
    """Each except clause that asks for EINTR, or is for InterruptedError and goes on."""
    if "EINTR" not in module.text and "InterruptedError" not in module.text:
        return
    for function in module.functions:
        for tried in function.tries:
            for handler in tried.handlers:
                asked = _asked(module, handler, function)
                if isinstance(asked, ast.Compare) and any(_is_list_with_others(module, part) for part in asked.comparators):
                    yield Spot(asked, MIXED, Confidence.LIKELY)
                elif asked is not None:
                    yield Spot(asked, "a retry after EINTR: since Python 3.5 the call is made again by itself (PEP 475)")


def _asked(module: Module, handler: ast.ExceptHandler, function: Function) -> ast.AST | None:
    """Where the clause names EINTR, or None."""
    names = handler_names(module, handler, function)
    if handler.type is not None and "InterruptedError" in names and "BlockingIOError" not in names:
        return handler.type
    for line in handler.body:
        for node in ast.walk(line):
            if isinstance(node, ast.Compare) and any(_is_eintr(module, part, function) for part in node.comparators):
                return node
    return None


def _is_list_with_others(module: Module, node: ast.expr) -> bool:
    """Whether it is a list of numbers, or the name of one, of which some are no EINTR."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(dotted(part).rpartition(".")[2] != "EINTR" for part in node.elts)
    bindings = module.names.get(node.id, []) if isinstance(node, ast.Name) else []
    return any(
        isinstance(binding.node, ast.Tuple | ast.List | ast.Set) and _is_list_with_others(module, binding.node)
        for binding in bindings
    )


def _is_eintr(module: Module, node: ast.expr, function: Function) -> bool:
    """Whether it is errno.EINTR, a tuple that has it, or a name of one."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_is_eintr(module, part, function) for part in node.elts)
    if dotted(node).rpartition(".")[2] == "EINTR":
        return True
    bindings = module.names.get(node.id, []) if isinstance(node, ast.Name) else []
    return any(
        isinstance(binding.node, ast.Tuple | ast.List | ast.Set) and _is_eintr(module, binding.node, function)
        for binding in bindings
    )


RULE = Rule(
    code="IOM210",
    name="eintr-retry",
    group=Group.HAZARD,
    summary="a retry after EINTR: obsolete since Python 3.5",
    asyncio="nothing: leave it out",
    trio="nothing: leave it out",
    anyio="nothing: leave it out",
    by=By.MACHINE,
    trap="Code that counted on coming back early, to look at a flag that the handler sets, waits on since 3.5: it needs "
    "signal.set_wakeup_fd, or the library's own way to receive signals. A call that a signal interrupts is made again, "
    "for what is left of its timeout, unless the signal's handler raises (PEP 475). In a list of errors to try again "
    "only EINTR is needless; EAGAIN and its kin still come.",
    guide="traps.md#eintr",
    case="signals/storm-of-ignored",
    example=EXAMPLE,
    check=check,
)
