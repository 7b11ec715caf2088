"""Connections that are served by a fixed number of threads."""

from collections.abc import Iterator

from iomodels.migrate.connections import Way, acceptors, served
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot

EXAMPLE = """\
import socket
from concurrent.futures import ThreadPoolExecutor


def handle(client):
    while data := client.recv(4096):
        client.sendall(data.upper())
    client.close()


listener = socket.create_server(("127.0.0.1", 8080))
with ThreadPoolExecutor(max_workers=10) as pool:
    while True:
        client, address = listener.accept()
        pool.submit(handle, client)
"""


def check(module: Module) -> Iterator[Spot]:
    """Each accept whose connection goes to a pool or a queue, or which is made by several threads."""
    for one in served(module):
        if one.way is Way.POOL and one.where is not None:
            text = f"connections are given to a pool in line {one.where.node.lineno}"
        elif one.way is Way.QUEUE and one.where is not None:
            text = f"connections are put into a queue in line {one.where.node.lineno}"
        elif one.loop is not None and one.way in (Way.INLINE, Way.GIVEN):
            started = acceptors(module, one.accept)
            if started is None or started[0] not in (Way.THREAD, Way.POOL):
                continue
            text = f"several threads accept, each one client at a time: made in line {started[1].node.lineno}"
        else:
            continue
        yield Spot(one.accept.node, text, one.accept.confidence)


RULE = Rule(
    code="IOM121",
    name="accept-pool",
    group=Group.SHAPE,
    summary="connections that are served by a fixed number of threads",
    asyncio="semaphore = asyncio.Semaphore(n), taken before loop.sock_accept and released when the conversation ends",
    trio="limiter = trio.CapacityLimiter(n), taken before listener.accept() and released when the conversation ends",
    anyio="limiter = anyio.CapacityLimiter(n), taken before a SocketListener's accept() and released when the conversation "
    "ends",
    by=By.BOTH,
    trap="The number of threads was the limit on clients, and tasks have none. A semaphore inside the handler is not the same "
    "limit: those who wait for it are accepted already, hold a descriptor each and believe that they are being served. Take "
    "the place before accepting, and the others wait in the backlog as before. `migrate` keeps what there was: N threads that "
    "accept become N tasks that take turns at the listener, and a queue with N threads behind it a queue with N tasks, which "
    "without a maxsize still holds clients without a bound.",
    guide="models/thread_pool.md",
    case="capacity/next-waits-and-is-served",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.accept"}),
)
