"""A blocking sleep in `async def`."""

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls, zero

EXAMPLE = """\
import time


async def again(ask):
    while not await ask():
        time.sleep(1)
"""

SLEEPS = frozenset({"time.sleep"})


def _for_nothing(_module: Module, call: Call) -> bool:
    return zero(call.argument(0))


RULE = Rule(
    code="IOM308",
    name="sleep-in-async",
    group=Group.BLOCKING,
    summary="time.sleep in async code: everything on the loop sleeps",
    asyncio="await asyncio.sleep(seconds)",
    trio="await trio.sleep(seconds)",
    anyio="await anyio.sleep(seconds)",
    by=By.MACHINE,
    trap="While an awaited sleep lasts other tasks run: what was looked at before it may have changed after it. And it is a "
    "place where the task can be cancelled.",
    guide="recipes/blocking_work.md",
    case="integrity/two-interleaved",
    example=EXAMPLE,
    check=stalls(SLEEPS, _for_nothing),
    needs=SLEEPS,
)
