"""A blocking wait for a lock, an event or a condition of threads in `async def`."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Function, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant
from iomodels.migrate.stalls import blocking_functions, stalls, zero

EXAMPLE = """\
import threading

lock = threading.Lock()


async def add(account, store, amount):
    with lock:
        balance = await store.read(account)
        await store.write(account, balance + amount)
"""

AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)
LOCKS = ("threading.Lock", "threading.Condition")
ACQUIRES = frozenset(f"{lock}.acquire" for lock in LOCKS)
WAITS = ACQUIRES | {
    "threading.Event.wait",
    "threading.Condition.wait",
    "threading.Condition.wait_for",
    "threading.Barrier.wait",
}


def _asks(_module: Module, call: Call) -> bool:
    """acquire(False) and a timeout of 0 do not wait."""
    if call.last == "acquire":
        return constant(call.argument(0, "blocking")) is False or zero(call.argument(1, "timeout"))
    return zero(call.argument(1 if call.last == "wait_for" else 0, "timeout"))


_calls = stalls(WAITS, _asks)


def check(module: Module) -> Iterator[Spot]:
    """Each such call, and each `with lock:` that awaits while it holds the lock."""
    yield from _calls(module)
    for function in blocking_functions(module):
        for node in function.withs:
            if isinstance(node, ast.With) and any(isinstance(part, AWAITS) for line in node.body for part in _own(line)):
                for item in node.items:
                    if _is_lock(module, item.context_expr, function):
                        held = f"`with {ast.unparse(item.context_expr)}:`"
                        yield Spot(item.context_expr, f"{held} is held over an await: who comes next blocks the loop")


def _is_lock(module: Module, node: ast.expr, function: Function) -> bool:
    return any(f"@{lock}" in module.value(node, function) for lock in LOCKS)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all in it, but not what is in another function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _own(child)


RULE = Rule(
    code="IOM312",
    name="lock-in-async",
    group=Group.BLOCKING,
    summary="a wait for a lock or an event of threads in async code: whoever would release it may need this loop to do so",
    asyncio="asyncio.Lock(): async with lock; asyncio.Event(): await event.wait()",
    trio="trio.Lock(): async with lock; trio.Event(): await event.wait()",
    anyio="anyio.Lock(): async with lock; anyio.Event(): await event.wait()",
    by=By.BOTH,
    trap="A Lock held over an await deadlocks: the second task blocks the loop, and the first can never go on to release it. "
    "An RLock does not even guard: tasks of one loop are one thread, and it lets them all in. What is also used by real "
    "threads needs its own lock, held for a moment and never over an await. Locks of asyncio, trio and anyio are not for use "
    "between threads.",
    guide="traps.md#blocking-the-loop",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=check,
    needs=WAITS | frozenset(LOCKS),
)
