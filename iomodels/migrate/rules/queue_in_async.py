"""A blocking wait at a queue of threads or processes in `async def`."""

import ast

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.shapes import constant
from iomodels.migrate.stalls import made_by, stalls, zero

EXAMPLE = """\
import queue

jobs = queue.Queue()


async def work():
    while True:
        jobs.get()()
"""

QUEUES = ("queue.Queue", "multiprocessing.Queue")
WAITS = frozenset(f"{queue}.{method}" for queue in QUEUES for method in ("get", "put", "join"))


def _harmless(module: Module, call: Call) -> bool:
    """Told not to wait; a put into a queue without a bound; a get from one that was seen not to be empty."""
    if call.last == "join":
        return False
    first = 0 if call.last == "get" else 1
    if constant(call.argument(first, "block")) is False or zero(call.argument(first + 1, "timeout")):
        return True
    if call.last == "put":
        return not any(_bounded(made) for made in made_by(module, call))
    return any(other.last in ("empty", "qsize") and other.receiver == call.receiver for other in call.function.calls)


def _bounded(made: ast.Call) -> bool:
    """Whether a queue was made with a maxsize."""
    sizes = made.args or [keyword.value for keyword in made.keywords if keyword.arg == "maxsize"]
    return bool(sizes) and not zero(sizes[0])


RULE = Rule(
    code="IOM311",
    name="queue-in-async",
    group=Group.BLOCKING,
    summary="a wait at a thread's queue in async code: whoever would put something into it may be waiting for this loop",
    asyncio="asyncio.Queue(): await queue.get(), await queue.put(item), await queue.join()",
    trio="send, receive = trio.open_memory_channel(n): await receive.receive(), await send.send(item)",
    anyio="send, receive = anyio.create_memory_object_stream(n): await receive.receive(), await send.send(item)",
    by=By.BOTH,
    trap="asyncio.Queue and the channels belong to the loop: a thread puts into them by "
    "loop.call_soon_threadsafe(queue.put_nowait, item) or through from_thread.run_sync. A queue that threads keep using is "
    "read by await to_thread(queue.get).",
    guide="recipes/blocking_work.md",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=stalls(WAITS, _harmless),
    needs=WAITS,
)
