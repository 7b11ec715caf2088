"""An event loop on a selector, and the places that register with it."""

from collections.abc import Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.waits import SELECTORS, What, waits

EXAMPLE = """\
import selectors
import socket

selector = selectors.DefaultSelector()


def accept(listener):
    client, address = listener.accept()
    client.setblocking(False)
    selector.register(client, selectors.EVENT_READ, read)


def read(client):
    if data := client.recv(4096):
        client.send(data.upper())
    else:
        selector.unregister(client)
        client.close()


selector.register(socket.create_server(("127.0.0.1", 8080)), selectors.EVENT_READ, accept)
while True:
    for key, events in selector.select():
        key.data(key.fileobj)
"""


def check(module: Module) -> Iterator[Spot]:
    """The wait of each such loop."""
    lines = sorted({call.node.lineno for call in module.called(f"{SELECTORS}.register", f"{SELECTORS}.modify")})
    where = f"; registered in {_lines(lines)}" if lines else ""
    loops: set[int] = set()
    for wait in waits(module):
        if wait.what is not What.LOOP or not wait.call.calls(f"{SELECTORS}.select") or id(wait.loop) in loops:
            continue
        if wait.loop is not None:
            loops.add(id(wait.loop))
            yield Spot(wait.call.node, f"an event loop on a selector{where}", wait.call.confidence)
        else:
            text = f"a wait for several descriptors, on a selector{where}: the loop is elsewhere, if there is one"
            yield Spot(wait.call.node, text, Confidence.POSSIBLE)


def _lines(numbers: list[int]) -> str:
    return f"{'line' if len(numbers) == 1 else 'lines'} {', '.join(map(str, numbers))}"


RULE = Rule(
    code="IOM112",
    name="selectors-callbacks",
    group=Group.SHAPE,
    summary="an event loop on a selector",
    asyncio="a Protocol, whose methods are what the callbacks were; or loop.add_reader(sock, callback)",
    trio="a task for each connection; a descriptor that is no connection: await trio.lowlevel.wait_readable(fd)",
    anyio="a task for each connection; a descriptor that is no connection: await anyio.wait_readable(fd)",
    by=By.BOTH,
    trap="loop.add_reader invites to move callbacks as they are, with what was wrong in them: a send that took a part, a "
    "BlockingIOError that is now only logged. A Protocol bounds nothing unless it acts on pause_writing. Windows' default "
    "loop has no add_reader (cpython#81554).",
    guide="recipes/selectors_callbacks.md",
    case="backpressure/all-comes-back",
    example=EXAMPLE,
    check=check,
    needs=frozenset({f"{SELECTORS}.select"}),
)
