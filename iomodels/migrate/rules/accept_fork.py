"""An accept loop that gives each connection a process, or that several processes run."""

from collections.abc import Iterator

from iomodels.migrate.connections import Way, acceptors, served
from iomodels.migrate.module import Module
from iomodels.migrate.rule import By, Group, Rule, Spot

EXAMPLE = """\
import os
import socket

listener = socket.create_server(("127.0.0.1", 8080))
while True:
    client, address = listener.accept()
    if os.fork() == 0:
        listener.close()
        while data := client.recv(4096):
            client.sendall(data.upper())
        os._exit(0)
    client.close()
"""


def check(module: Module) -> Iterator[Spot]:
    """Each accept whose connection goes to a new process, or which was forked itself before it accepts."""
    for one in served(module):
        if one.way in (Way.FORK, Way.PROCESS) and one.where is not None:
            text = f"a process for each connection: made in line {one.where.node.lineno}"
            yield Spot(one.accept.node, text, one.accept.confidence)
        elif one.loop is not None and one.way in (Way.INLINE, Way.GIVEN):
            started = acceptors(module, one.accept)
            if started is not None and started[0] in (Way.FORK, Way.PROCESS):
                text = f"several processes accept, each one client at a time: made in line {started[1].node.lineno}"
                yield Spot(one.accept.node, text, one.accept.confidence)


RULE = Rule(
    code="IOM103",
    name="accept-fork",
    group=Group.SHAPE,
    summary="a process for each connection, or several processes that accept",
    asyncio="a task for each connection (asyncio.start_server) gives up the isolation; to keep it: await "
    "asyncio.create_subprocess_exec(...), or loop.run_in_executor(ProcessPoolExecutor(), work, data)",
    trio="trio.serve_tcp gives up the isolation; to keep it: await trio.run_process(...)",
    anyio="listener.serve gives up the isolation; to keep it: await anyio.to_process.run_sync(work, data)",
    by=By.HAND,
    trap="In one process a handler that crashes, leaks, changes the working directory or takes a core for itself takes it "
    "from all clients; a process of its own had its own memory, user, limits and death. Where the server relies on "
    "that, leave it as it is. Never fork while a loop runs: the child has a copy of the loop and of its epoll "
    "descriptor.",
    guide="models/fork.md",
    case="limits/child-holds-no-others",
    example=EXAMPLE,
    check=check,
    needs=frozenset({"socket.socket.accept"}),
)
