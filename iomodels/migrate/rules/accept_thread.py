"""An accept loop that gives each connection a thread of its own."""

from collections.abc import Iterator

from iomodels.migrate.connections import Way, served
from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import THREADS

EXAMPLE = """\
import socket
import threading


def handle(client):
    while data := client.recv(4096):
        client.sendall(data.upper())
    client.close()


listener = socket.create_server(("127.0.0.1", 8080))
while True:
    client, address = listener.accept()
    threading.Thread(target=handle, args=(client,)).start()
"""


def check(module: Module) -> Iterator[Spot]:
    """Each accept whose connection goes to a new thread."""
    for one in served(module):
        if one.loop is not None and one.way is Way.THREAD and one.where is not None:
            text = f"a thread for each connection: made in line {one.where.node.lineno}"
            known = any(name.startswith(".") or name in THREADS for name in one.where.names)
            sure = one.accept.confidence if known else max(one.accept.confidence, Confidence.LIKELY, key=list(Confidence).index)
            yield Spot(one.accept.node, text, sure)


RULE = Rule(
    code="IOM102",
    name="accept-thread",
    group=Group.SHAPE,
    summary="an accept loop that starts a thread for each connection",
    asyncio="server = await asyncio.start_server(handle, host, port): a task for each connection",
    trio="await trio.serve_tcp(handle, port): a task for each connection, in one nursery",
    anyio="listener = await anyio.create_tcp_listener(local_port=port); await listener.serve(handle)",
    by=By.BOTH,
    trap="A check and an act with an await between them are no longer one step, as they were under a lock: keep what must be "
    "one free of awaits, or keep a lock. Where no await stands in between nothing else runs, so many locks become "
    "needless. On trio and anyio an exception that leaves a handler cancels the whole server; in a thread it ended that "
    "thread alone.",
    guide="recipes/thread_per_connection.md",
    case="limits/handler-raises",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.accept"}),
)
