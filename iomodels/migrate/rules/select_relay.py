"""Two sockets that are copied into each other."""

import ast
from collections.abc import Iterator

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import THREADS, comes_from, sync
from iomodels.migrate.starting import starters
from iomodels.migrate.waits import What, waits

EXAMPLE = """\
import select
import socket


def relay(client, server):
    while True:
        readable, _, _ = select.select([client, server], [], [])
        for source in readable:
            data = source.recv(4096)
            if not data:
                return
            (server if source is client else client).sendall(data)
"""


def check(module: Module) -> Iterator[Spot]:
    """Each wait for a pair, and each pair of threads that are given the same two sockets in both orders."""
    for wait in waits(module):
        if wait.what is What.PAIR:
            yield Spot(wait.call.node, "two sockets are copied into each other", wait.call.confidence)
    started: dict[int, list[Call]] = {}
    for _, call in starters(module):
        started.setdefault(id(call.function), []).append(call)
    for calls in started.values():
        yield from _threads(module, calls)


def _threads(module: Module, calls: list[Call]) -> Iterator[Spot]:
    """calls: the threads that one function starts."""
    seen: list[tuple[str, str, str]] = []
    for call in sync(calls):
        way = _copies(module, call)
        if way is None:
            continue
        what, source, target = way
        if (what, target, source) in seen:
            yield Spot(call.node, f"two threads copy {source} and {target} into each other", call.confidence)
        seen.append(way)


def _copies(module: Module, call: Call) -> tuple[str, str, str] | None:
    """What is run in a thread, and its first two arguments, if it receives and sends."""
    given = call.node.args
    if call.calls(*THREADS):
        target, args = call.keyword("target") or call.argument(0), call.keyword("args") or call.argument(1)
        if target is None or not isinstance(args, ast.Tuple | ast.List):
            return None
        what, given, runs = ast.unparse(target), args.elts, list(module.value(target, call.function))
    else:
        what, runs = call.last, [f"{name}.run" for name in call.names if comes_from(module, name, THREADS)]
    for name in runs:
        run = module.function_of(name)
        methods = {other.last for other in run.calls} if run is not None else set()
        if methods & {"recv", "recv_into", "read"} and methods & {"send", "sendall", "write"} and len(given) >= 2:
            return what, ast.unparse(given[0]), ast.unparse(given[1])
    return None


RULE = Rule(
    code="IOM110",
    name="select-relay",
    group=Group.SHAPE,
    summary="two sockets that are copied into each other",
    asyncio="async with asyncio.TaskGroup() as group: group.create_task(copy(a, b)); group.create_task(copy(b, a))",
    trio="async with trio.open_nursery() as nursery: nursery.start_soon(copy, a, b); nursery.start_soon(copy, b, a)",
    anyio="async with anyio.create_task_group() as group: group.start_soon(copy, a, b); group.start_soon(copy, b, a)",
    by=By.BOTH,
    trap="The first end is not the end: a client that ends its request with FIN still waits for the reply. Pass each end on "
    "(write_eof, send_eof), and close when both ways have ended; do not cancel the other way (cpython#80094). A sendall in "
    "the old loop stopped both ways while one peer did not read; two tasks do not.",
    guide="recipes/relay.md",
    case="half-close/flushes-then-fin",
    example=EXAMPLE,
    check=check,
)
