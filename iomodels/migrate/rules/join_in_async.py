"""A blocking wait for a thread or process of one's own in `async def`."""

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls, zero

EXAMPLE = """\
import threading


async def compute(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""

JOINS = frozenset(
    f"{name}.join"
    for name in (
        "threading.Thread",
        "threading.Timer",
        "multiprocessing.Process",
        "multiprocessing.pool.Pool",
        "multiprocessing.pool.ThreadPool",
    )
)


def _asks(_module: Module, call: Call) -> bool:
    return zero(call.argument(0, "timeout"))


RULE = Rule(
    code="IOM310",
    name="join-in-async",
    group=Group.BLOCKING,
    summary="a wait for a thread or a process in async code: the loop stands still until that has ended",
    asyncio="await asyncio.to_thread(work) instead of the thread; for one that is there: await asyncio.to_thread(thread.join)",
    trio="await trio.to_thread.run_sync(work)",
    anyio="await anyio.to_thread.run_sync(work)",
    by=By.BOTH,
    trap="A thread that gives its result to the loop with run_coroutine_threadsafe or from_thread waits for the loop, and the"
    " loop for the thread: for ever.",
    guide="recipes/blocking_work.md",
    case="backpressure/others-served-meanwhile",
    example=EXAMPLE,
    check=stalls(JOINS, _asks),
    needs=JOINS,
)
