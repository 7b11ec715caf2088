"""State that several threads' handlers change without a lock."""

import ast
from collections.abc import Iterator

from iomodels.migrate.handlers import Handler, guarded, handlers
from iomodels.migrate.module import Function, Module, dotted
from iomodels.migrate.rule import By, Group, Rule, Spot

EXAMPLE = """\
import socket
import threading

served = 0


def handle(connection):
    global served
    served += 1
    connection.sendall(b"you are number %d\\n" % served)
    connection.close()


listener = socket.create_server(("127.0.0.1", 8080))
while True:
    connection, address = listener.accept()
    threading.Thread(target=handle, args=(connection,)).start()
"""

CHANGES = {"append", "remove", "add", "discard", "pop", "popitem", "update", "extend", "insert", "clear", "setdefault"}
CONTAINERS = ("list", "dict", "set", "defaultdict", "OrderedDict", "Counter")


def check(module: Module) -> Iterator[Spot]:
    """Each statement that changes what the threads share, in the functions that they run."""
    seen: set[int] = set()
    for handler in handlers(module):
        for node in ast.walk(handler.function.node):
            changed = _changed(node)
            if changed is None or id(node) in seen or not _shared(module, changed, handler):
                continue
            seen.add(id(node))
            if not guarded(module, handler.function, node):
                text = f"{ast.unparse(changed)} is changed by several threads without a lock"
                yield Spot(node, text, handler.confidence)


def _changed(node: ast.AST) -> ast.expr | None:
    """What a statement or a call changes in place."""
    match node:
        case ast.AugAssign(target=ast.Subscript(value=value)):
            return value
        case ast.AugAssign(target=target):
            return target
        case ast.Assign(targets=[ast.Subscript(value=value)]) | ast.Delete(targets=[ast.Subscript(value=value)]):
            return value
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CHANGES:
            return value
    return None


def _shared(module: Module, changed: ast.expr, handler: Handler) -> bool:
    """Whether all threads see it: a global container or counter, or an attribute of the object that they all run on."""
    function = handler.function
    if isinstance(changed, ast.Name):
        return _is_global(module, changed.id, function)
    name = dotted(changed)
    if handler.shares_self and name.startswith("self.") and name.count(".") == 1 and function.class_ is not None:
        bindings = function.class_.attributes.get(changed.attr, []) if isinstance(changed, ast.Attribute) else []
        return any(_is_state(binding.node) for binding in bindings)
    return handler.of_socketserver and name.startswith("self.server.") and name.count(".") == 2


def _is_global(module: Module, name: str, function: Function) -> bool:
    if name in function.names and name not in function.outer:
        return False
    return any(_is_state(binding.node) for binding in module.names.get(name, ()))


def _is_state(value: ast.AST | None) -> bool:
    """Whether it is made as a container or as a number."""
    match value:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Constant(value=int() | float()):
            return True
        case ast.Call(func=func):
            return dotted(func).rpartition(".")[2] in CONTAINERS
    return False


RULE = Rule(
    code="IOM207",
    name="shared-state-without-lock",
    group=Group.HAZARD,
    summary="several threads change the same state without a lock",
    asyncio="the same statement, without a lock: between two awaits no other task runs",
    trio="the same statement, without a lock: between two checkpoints no other task runs",
    anyio="the same statement, without a lock: between two checkpoints no other task runs",
    by=By.HAND,
    trap="`n += 1` is a read and a write, and two threads may both read first. On a loop it is safe as long as nothing is "
    "awaited between the look and the change; moved to a pool of threads (to_thread) it is as unsafe as before, and moved to "
    "processes each has its own.",
    guide="recipes/thread_per_connection.md",
    case="integrity/two-interleaved",
    example=EXAMPLE,
    check=check,
)
