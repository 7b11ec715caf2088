"""An event loop on select, poll, epoll or kqueue."""

from collections.abc import Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.waits import POLLERS, What, waits

EXAMPLE = """\
import select
import socket

listener = socket.create_server(("127.0.0.1", 8080))
readable = [listener]
while True:
    for sock in select.select(readable, [], [])[0]:
        if sock is listener:
            readable.append(listener.accept()[0])
        elif data := sock.recv(4096):
            sock.sendall(data.upper())
        else:
            readable.remove(sock)
            sock.close()
"""


def check(module: Module) -> Iterator[Spot]:
    """The wait of each such loop."""
    loops: set[int] = set()
    for wait in waits(module):
        if wait.what is not What.LOOP or wait.call.calls("selectors.DefaultSelector.select") or id(wait.loop) in loops:
            continue
        if wait.loop is not None:
            loops.add(id(wait.loop))
            yield Spot(wait.call.node, f"an event loop on {_poller(wait.call.names)}", wait.call.confidence)
        else:
            text = f"a wait for several descriptors, on {_poller(wait.call.names)}: the loop is elsewhere, if there is one"
            yield Spot(wait.call.node, text, Confidence.POSSIBLE)


def _poller(names: frozenset[str]) -> str:
    return next(name.split(".")[1] for name in sorted(names) if name in POLLERS) if names & set(POLLERS) else "select"


RULE = Rule(
    code="IOM111",
    name="select-loop",
    group=Group.SHAPE,
    summary="an event loop on select, poll, epoll or kqueue",
    asyncio="a task for each connection: asyncio.start_server(attend, host, port)",
    trio="a task for each connection: trio.serve_tcp(attend, port)",
    anyio="a task for each connection: await listener.serve(attend)",
    by=By.BOTH,
    trap="The loop's parts are easily lost on the way: the bound of each write buffer (asyncio's write has none without "
    "drain), the job that ran when the wait timed out, the order in which clients were served, and what is sent to clients "
    "other than the one that is ready: whoever awaits their sends waits for the slowest. State needs no lock as long as no "
    "await stands between a look and a change.",
    guide="recipes/select_loop.md",
    case="backpressure/never-reads-stays-bounded",
    example=EXAMPLE,
    check=check,
    needs=frozenset(POLLERS),
)
