"""A loop that sleeps and looks, or that waits for a queue bit by bit."""

from collections.abc import Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync
from iomodels.migrate.sleeping import GETS, is_get, looks_between_sleeps, looks_by_get

EXAMPLE = """\
import socket
import threading
import time

done = False


def work():
    global done
    socket.create_connection(("127.0.0.1", 8080)).close()
    done = True


threading.Thread(target=work).start()
while not done:
    time.sleep(0.1)
"""


def check(module: Module) -> Iterator[Spot]:
    """Each sleep in a loop that does nothing but look, and each bounded get in a loop."""
    for call in sync(module.called("time.sleep")):
        looked = looks_between_sleeps(module, call)
        if looked:
            yield Spot(call.node, f"sleeps again and again, and looks at {looked}", call.confidence)
    for call in sync(module.calls if {"queue", "Queue"} & module.imports.keys() else module.called(*GETS)):
        if is_get(module, call) and looks_by_get(module, call):
            yield Spot(call.node, "waits for a queue, again and again", call.confidence if call.names else Confidence.LIKELY)


RULE = Rule(
    code="IOM120",
    name="sleep-polling",
    group=Group.SHAPE,
    summary="a loop that sleeps and looks",
    asyncio="await event.wait(), or await queue.get(); time goes by with await asyncio.sleep(seconds)",
    trio="await event.wait(), or async for item in receive_channel; time goes by with await trio.sleep(seconds)",
    anyio="await event.wait(), or async for item in receive_stream; time goes by with await anyio.sleep(seconds)",
    by=By.BOTH,
    trap="Whoever sets the flag or fills the queue may be another thread, and the loops' Events and queues may only be "
    "touched from their own: asyncio needs call_soon_threadsafe, trio and anyio from_thread.run_sync with a token. time.sleep "
    "and queue.get that are left in a coroutine stop every other task. Looked for in files that import a module of sockets: "
    "elsewhere a loop that sleeps has nothing to do with them.",
    guide="recipes/blocking_work.md",
    example=EXAMPLE,
    check=check,
)
