"""Serving from the command line: the loop, the signals that stop it, and processes with a loop each."""

import asyncio
import selectors
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from async_models.asyncio import LOOPS, OPTION
from async_models.ground.asyncio.listener import Listener
from async_models.ground.asyncio.peer import Peer
from async_models.ground.forker import Forker
from async_models.ground.signals import let_signals_pile_up
from async_models.ground.workers import add_workers_option, keep
from models.ground import listener
from models.ground.conversation import Service
from models.ground.processes import HELD
from models.ground.program import Parser, prepare, require
from models.ground.watch import STOPPING, hold_signals

__all__ = ["add_options", "loop_factory", "run", "run_loop", "run_workers"]

NewLoop = Callable[[], asyncio.AbstractEventLoop]
Serve = Callable[..., Coroutine[Any, Any, None]]


def run(
    serve: Serve,
    *,
    needs: Callable[[], None] | None = None,
    selector: Callable[[], selectors.BaseSelector] = selectors.DefaultSelector,
    in_children: Callable[[Peer], Awaitable[None]] | None = None,
) -> None:
    """Serve from the command line, until a signal stops it.

    serve: `serve(listener, service, *, own_option=default)`.
    needs: raises Unavailable when the model cannot run here; exit status 3.
    selector: what asyncio's own loop waits with; uvloop and rloop have pollers of their own.
    in_children: attends to one client, in a process and a loop of its own; `serve` hands clients over with `hand_over`.
    """
    start = prepare(serve, Listener, needs=needs, add_options=add_options)
    host = start.listener
    new_loop = loop_factory(start.options.loop, selector)
    if in_children is not None:
        host.forker = Forker(host, partial(_attend, in_children, new_loop, host, start.service))
    hold_signals()
    run_loop(new_loop, _serve(serve, host, start.service, start.own, ready=start.announce))
    if host.forker is not None:
        host.forker.close()
    host.remove()


def run_workers(serve: Serve, workers: int) -> None:
    """Serve from the command line in `workers` processes, or as many as `--workers` says, each with a loop of its own."""
    start = prepare(serve, listener.Listener, add_options=partial(add_options, workers=workers))
    new_loop = loop_factory(start.options.loop, selectors.DefaultSelector)
    hold_signals()
    start.announce()

    def work(host: listener.Listener, lifeline: socket.socket) -> None:
        _run_child(serve, new_loop, start.service, Listener.of(host), lifeline)

    keep(start.listener, start.options.workers, work)
    start.listener.remove()


def _run_child(serve: Serve, new_loop: NewLoop, service: Service, host: Listener, lifeline: socket.socket) -> None:
    run_loop(new_loop, _serve(serve, host, service, {}, lifeline=lifeline))


def _attend(
    converse: Callable[[Peer], Awaitable[None]],
    new_loop: NewLoop,
    host: Listener,
    service: Service,
    descriptor: int,
    lifeline: socket.socket,
) -> None:
    async def serve(own: Listener, service: Service) -> None:
        await converse(own.take_over(descriptor, service))

    _run_child(serve, new_loop, service, host, lifeline)


def add_options(parser: Parser, workers: int | None = None) -> None:
    """`--loop NAME`, and `--workers N` where there is a default for it."""
    if workers is not None:
        add_workers_option(parser, workers)
    parser.add_argument(OPTION, choices=[*LOOPS], default=next(iter(LOOPS)), help="whose event loop (default: %(default)s)")


def loop_factory(name: str, selector: Callable[[], selectors.BaseSelector]) -> NewLoop:
    """What makes a loop of that name, which must be installed: otherwise exit status 3."""
    if name != "asyncio":
        factory: NewLoop = require(name, package=name).new_event_loop
        return factory
    return lambda: asyncio.SelectorEventLoop(selector())


def run_loop(new_loop: NewLoop, main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on a loop of its own."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main)


async def _serve(
    serve: Serve,
    host: Listener,
    service: Service,
    own: dict[str, Any],
    *,
    ready: Callable[[], None] | None = None,
    lifeline: socket.socket | None = None,
) -> None:
    loop = asyncio.get_running_loop()
    stopping = STOPPING if lifeline is None else (signal.SIGTERM,)
    for number in stopping:
        loop.add_signal_handler(number, host.heed, number)
    let_signals_pile_up(*stopping)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    looking = asyncio.create_task(host.look_after_peers())
    if host.forker is not None:
        looking.cancel()  # its children look after their own
        loop.add_reader(host.forker.socket.fileno(), _collect, loop, host)
    if lifeline is not None:
        loop.add_reader(lifeline.fileno(), _end_with, loop, lifeline, host)
    if ready is not None:
        ready()
    await serve(host, service, **own)
    looking.cancel()


def _end_with(loop: asyncio.AbstractEventLoop, lifeline: socket.socket, host: Listener) -> None:
    loop.remove_reader(lifeline.fileno())
    host.stop()


def _collect(loop: asyncio.AbstractEventLoop, host: Listener) -> None:
    assert host.forker is not None
    if not host.forker.collect():
        loop.remove_reader(host.forker.socket.fileno())
        host.stop()
