"""The bridges beside the loops that they replace: `python -m benchmarks.bridges`.

An echo loop in each way of waiting, as a program has it, and the same with `async` and `await` added and nothing else, on each
library. Connections ask, and CPU time of the server's process is divided by the requests: medians of rounds in which every
program is measured in turn, and of ratios the median of the rounds' own. "busy": each connection asks again once it is
answered, so that a turn finds many ready. "calm": requests come at random, so few that most turns find one; there a ratio says
what a turn of the library costs beside one of the kernel's call. The least that it could is a task that is woken: see
benchmarks/floor/.
"""

import argparse
import asyncio
import select
import selectors
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import trio

from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import measure
from iomodels.bridge.epolling import epoll
from iomodels.bridge.polling import poll
from iomodels.bridge.readiness import select as bridged_select
from iomodels.bridge.selector import Selector
from iomodels.contract.server import Launch
from iomodels.load.spec import Spec

__all__ = ["main"]

MOST = 1.5  # times the loop without a library, where it is busy
AIMED = ("select", "selectors")
LIBRARIES = ("asyncio", "trio", "anyio")
CALM = 1500  # requests a second
HERE = Path(__file__).resolve().parent


def echo(connection: socket.socket) -> bool:
    """Whether there may be more."""
    data = connection.recv(65536)
    connection.sendall(data.upper())
    return bool(data)


def select_sync(listener: socket.socket) -> None:
    connections = [listener]
    while True:
        readable, _, _ = select.select(connections, [], [], 30)
        for ready in readable:
            if ready is listener:
                connections.append(listener.accept()[0])
            elif not echo(ready):
                connections.remove(ready)
                ready.close()


async def select_bridged(listener: socket.socket) -> None:
    connections = [listener]
    while True:
        readable, _, _ = await bridged_select(connections, [], [], 30)
        for ready in readable:
            if ready is listener:
                connections.append(listener.accept()[0])
            elif not echo(ready):
                connections.remove(ready)
                ready.close()


def numbers_sync(listener: socket.socket) -> None:
    connections = {listener.fileno(): listener}
    while True:
        readable, _, _ = select.select(list(connections), [], [], 30)
        for number in readable:
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
            elif not echo(connections[number]):
                connections.pop(number).close()


async def numbers_bridged(listener: socket.socket) -> None:
    connections = {listener.fileno(): listener}
    while True:
        readable, _, _ = await bridged_select(list(connections), [], [], 30)
        for number in readable:
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
            elif not echo(connections[number]):
                connections.pop(number).close()


def selectors_sync(listener: socket.socket) -> None:
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select(30):
            ready: Any = key.fileobj
            if ready is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
            elif not echo(ready):
                selector.unregister(ready)
                ready.close()


async def selectors_bridged(listener: socket.socket) -> None:
    selector = Selector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in await selector.select(30):
            ready: Any = key.fileobj
            if ready is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
            elif not echo(ready):
                selector.unregister(ready)
                ready.close()


def poll_sync(listener: socket.socket) -> None:
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    connections = {listener.fileno(): listener}
    while True:
        for number, _ in poller.poll(30000):
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
                poller.register(newcomer, select.POLLIN)
            elif not echo(connections[number]):
                poller.unregister(number)
                connections.pop(number).close()


async def poll_bridged(listener: socket.socket) -> None:
    poller = poll()
    poller.register(listener, select.POLLIN)
    connections = {listener.fileno(): listener}
    while True:
        for number, _ in await poller.poll(30000):
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
                poller.register(newcomer, select.POLLIN)
            elif not echo(connections[number]):
                poller.unregister(number)
                connections.pop(number).close()


def epoll_sync(listener: socket.socket) -> None:
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    connections = {listener.fileno(): listener}
    while True:
        for number, _ in poller.poll(30):
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
                poller.register(newcomer, select.EPOLLIN)
            elif not echo(connections[number]):
                poller.unregister(number)
                connections.pop(number).close()


async def epoll_bridged(listener: socket.socket) -> None:
    poller = epoll()
    poller.register(listener, select.EPOLLIN)
    connections = {listener.fileno(): listener}
    while True:
        for number, _ in await poller.poll(30):
            if number == listener.fileno():
                newcomer, _ = listener.accept()
                connections[newcomer.fileno()] = newcomer
                poller.register(newcomer, select.EPOLLIN)
            elif not echo(connections[number]):
                poller.unregister(number)
                connections.pop(number).close()


WAYS = {
    "select": (select_sync, select_bridged),
    "numbers": (numbers_sync, numbers_bridged),  # select, of descriptors without their objects
    "selectors": (selectors_sync, selectors_bridged),
    "poll": (poll_sync, poll_bridged),
    "epoll": (epoll_sync, epoll_bridged),
}


def serve(way: str, library: str) -> None:
    """A program of its own: never returns."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    sync, bridged = WAYS[way]
    if library == "none":
        sync(listener)
    elif library == "trio":
        trio.run(bridged, listener)
    elif library == "anyio":
        anyio.run(bridged, listener)
    else:
        asyncio.run(bridged(listener))


def cost(way: str, library: str, calm: bool, connections: int, seconds: float) -> float:
    """Microseconds of CPU for a request."""
    cores = two_cores()
    launch = Launch([sys.executable, "-m", "benchmarks.bridges", "--serve", way, library], directory=HERE.parent)
    with on_core(cores[0]):
        server = launch.start()
    try:
        spec = Spec(server.host, server.port, service="upper", connections=connections, rate=CALM if calm else None)
        return measure(server, spec, seconds, cores[1]).cost
    finally:
        server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether the ratios are as they should be."""
    parser = argparse.ArgumentParser(prog="bridges", description="Loops on the bridges beside the same loops without.")
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"these alone: {', '.join(WAYS)}")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="that each program is measured, in each round")
    parser.add_argument("--serve", nargs=2, metavar=("WAY", "LIBRARY"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(*options.serve)
    if unknown := set(options.ways) - WAYS.keys():
        parser.error(f"no such way: {', '.join(sorted(unknown))}")
    print(f"{'us/request':<18}{'none':>8}" + "".join(f"{name:>16}" for name in LIBRARIES))
    good = True
    for way in options.ways or WAYS:
        for calm in (False, True):
            rounds = [
                [cost(way, library, calm, options.connections, options.seconds) for library in ("none", *LIBRARIES)]
                for _ in range(options.rounds)
            ]
            good = report(way, calm, rounds) and good
    return 0 if good else 1


def report(way: str, calm: bool, rounds: Sequence[Sequence[float]]) -> bool:
    """Print a row; whether it is as it should be. rounds: the costs of each, the loop without a library first."""
    costs = [median(column) for column in zip(*rounds, strict=True)]
    ratios = [median(each[place] / each[0] for each in rounds) for place in range(1, len(costs))]
    aimed = way in AIMED and not calm
    met = all(ratio <= MOST for ratio in ratios)
    row = f"{way + (', calm' if calm else ', busy'):<18}{costs[0]:>8.2f}"
    row += "".join(f"{each:>9.2f} {ratio:>4.2f} x" for each, ratio in zip(costs[1:], ratios, strict=True))
    print(row + (f"  <= {MOST} x: {'met' if met else 'NOT MET'}" if aimed else ""), flush=True)
    return met or not aimed


if __name__ == "__main__":
    sys.exit(main())
