"""An accept loop that serves one client at a time."""

from collections.abc import Iterator

from iomodels.migrate.connections import Way, acceptors, served
from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module
from iomodels.migrate.polling import not_ready
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.waits import in_event_loop

EXAMPLE = """\
import socket


def talk(client):
    while data := client.recv(4096):
        client.sendall(data.upper())


listener = socket.create_server(("127.0.0.1", 8080))
while True:
    client, address = listener.accept()
    with client:
        talk(client)
"""


def check(module: Module) -> Iterator[Spot]:
    """Each accept of a loop whose connection is served before the next accept."""
    for one in served(module):
        if one.loop is None or one.way not in (Way.INLINE, Way.GIVEN):
            continue
        if in_event_loop(module, one.accept) or acceptors(module, one.accept) or not_ready(module, one.accept):
            continue
        confidence = Confidence.LIKELY if one.way is Way.GIVEN else one.accept.confidence
        yield Spot(one.accept.node, "one client at a time: each is served before the next is accepted", confidence)


RULE = Rule(
    code="IOM101",
    name="accept-loop",
    group=Group.SHAPE,
    summary="an accept loop that serves one client at a time",
    asyncio="client, _ = await loop.sock_accept(listener), then await talk(...) in line; all at once: "
    "asyncio.start_server(talk, host, port)",
    trio="stream = await listener.accept(), then await talk(stream) in line; all at once: trio.serve_tcp(talk, port)",
    anyio="a SocketListener: stream = await listener.accept(), then await talk(stream) in line; all at once: await "
    "listener.serve(talk)",
    by=By.BOTH,
    trap="start_server, serve_tcp and listener.serve start a task for every client, so what was served one at a time is "
    "served all at once. Whatever relied on one client at a time (no locks, one file, one device, one order) breaks without "
    "any message. Where it did, keep the accept in the loop and await the conversation in line.",
    guide="recipes/accept_loop.md",
    case="slow-peers/sequential-others-wait-and-are-served",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.accept"}),
)
