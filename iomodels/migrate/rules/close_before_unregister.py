"""A socket that is closed while its poller or selector still has it."""

import ast
from collections.abc import Iterator

from iomodels.migrate.bindings import bindings_of, parents
from iomodels.migrate.hazards import IO
from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import callers
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import selectors
import socket

selector = selectors.DefaultSelector()


def read(connection):
    data = connection.recv(4096)
    if not data:
        connection.close()
        selector.unregister(connection)


connection = socket.create_connection(("127.0.0.1", 8080))
selector.register(connection, selectors.EVENT_READ, read)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
"""

# epoll forgets a closed socket by itself, unless the descriptor was duplicated; poll and the selectors do not.
REGISTERS = frozenset({"select.poll.register", "selectors.DefaultSelector.register"})
UNREGISTERS = "unregister"
BRANCHES = ("body", "orelse", "finalbody", "handlers")


def check(module: Module) -> Iterator[Spot]:
    """Each close in an event loop before which nothing unregisters."""
    registers = module.called(*REGISTERS)
    for call in _closes(module) if registers else ():
        if not _driven(module, call, registers) or not _registered(module, call):
            continue
        before, behind = _beside(module, call)
        if before or _done_by_callers(module, call):
            continue
        elsewhere = [other.node.lineno for other in module.calls if other.last == UNREGISTERS]
        when = "this file never unregisters"
        if behind:
            when = f"unregistered in line {behind[0].lineno}, after the close"
        elif elsewhere:
            when = f"not unregistered before, though line {elsewhere[0]} unregisters"
        yield Spot(
            call.node, f"{ast.unparse(call.node.func)}() leaves a closed socket with its poller: {when}", call.confidence
        )


def _closes(module: Module) -> list[Call]:
    """The closes of sockets: also of what the same function receives from, where it is not known whence it comes."""
    closes = [call for call in module.calls if call.last == "close"]
    return [call for call in closes if call.calls("socket.socket.close") or (not call.names and _talks(call))]


def _talks(call: Call) -> bool:
    return bool(call.receiver) and any(other.receiver == call.receiver and other.calls(*IO) for other in call.function.calls)


def _driven(module: Module, call: Call, registers: list[Call]) -> bool:
    """Whether the call is made by the loop of a poller that outlives one wait."""
    if any(loop in register.loops for register in registers for loop in call.loops):
        return True
    return any(_keeps(register) for register in registers) and in_event_loop(module, call)


def _keeps(register: Call) -> bool:
    """Whether the poller outlives one wait: asyncore makes a new one for each."""
    return register.receiver not in register.function.names or any(
        isinstance(loop, ast.While) for loop in register.function.loops
    )


def _registered(module: Module, call: Call) -> bool:
    """Whether the socket comes from the poller: not from an accept in this function, and not from a `with`."""
    if call.withs and any(call.receiver == ast.unparse(item.context_expr) for item in call.withs[-1].items):
        return False
    bindings = [binding for binding in bindings_of(call, module) if binding.scope is call.function]
    return not bindings or any(not _accepts(binding.node) for binding in bindings)


def _accepts(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "accept"


def _beside(module: Module, call: Call) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements before and after the call that unregister, in the blocks that it stands in."""
    above = parents(module, call.function)
    before: list[ast.stmt] = []
    behind: list[ast.stmt] = []
    node: ast.AST = call.node
    while node is not call.function.node and id(node) in above:
        around = above[id(node)]
        for body in (getattr(around, name, None) for name in BRANCHES):
            if isinstance(body, list) and node in body:
                place = body.index(node)
                before += [line for line in body[:place] if _unregisters(module, line)]
                behind += [line for line in body[place + 1 :] if _unregisters(module, line)]
        node = around
    return before, behind


def _unregisters(module: Module, line: ast.AST) -> bool:
    """Whether a statement unregisters, itself or by a function of this module that it calls."""
    if isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    for node in ast.walk(line):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else node.func.id
                if isinstance(node.func, ast.Name)
                else ""
            )
            if UNREGISTERS in name or name in _helpers(module):
                return True
    return False


def _helpers(module: Module) -> set[str]:
    """The names of the functions that unregister."""
    calls = [call for call in module.calls if UNREGISTERS in call.last]
    return {call.function.name for call in calls if call.function.name not in ("", "__init__")}


def _done_by_callers(module: Module, call: Call) -> bool:
    """Whether the function is called where the socket has been unregistered."""
    return any(_beside(module, up)[0] for up in callers(module, call.function))


RULE = Rule(
    code="IOM204",
    name="close-before-unregister",
    group=Group.HAZARD,
    summary="a socket is closed while its poller or selector still has it",
    asyncio="writer.close(); await writer.wait_closed(): the loop forgets it. With add_reader: loop.remove_reader(sock) "
    "before sock.close()",
    trio="await stream.aclose(). With wait_readable: trio.lowlevel.notify_closing(sock) before sock.close()",
    anyio="await stream.aclose(). With wait_readable: anyio.notify_closing(sock) before sock.close()",
    by=By.BOTH,
    trap="The next socket gets the same number: a selector that still has the old one raises KeyError, or reports events of "
    "the new connection to the old one's callback; poll reports POLLNVAL each time and the loop spins. The fileno of a "
    "closed socket is -1, so unregister(sock) after the close must search, and unregister(sock.fileno()) fails.",
    guide="traps.md#descriptors-are-reused",
    case="limits/descriptor-reuse",
    example=EXAMPLE,
    check=check,
    needs=REGISTERS,
)
