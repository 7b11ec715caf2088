"""Serving from the command line: the loop, the signals that stop it, and processes with a loop each."""

import argparse
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import anyio

from async_models.anyio import LOOPS, OPTION
from async_models.ground.anyio.listener import Listener
from async_models.ground.anyio.peer import Peer
from async_models.ground.forker import Forker
from async_models.ground.signals import let_signals_pile_up
from async_models.ground.workers import add_workers_option, keep
from models.ground import listener
from models.ground.conversation import Service
from models.ground.processes import HELD
from models.ground.program import Parser, prepare, require
from models.ground.watch import STOPPING, hold_signals

__all__ = ["add_options", "choose_backend", "run", "run_loop", "run_workers"]

Serve = Callable[..., Awaitable[None]]


def run(serve: Serve, *, in_children: Callable[[Peer], Awaitable[None]] | None = None) -> None:
    """Serve from the command line, until a signal stops it.

    serve: `serve(listener, service, *, own_option=default)`.
    in_children: attends to one client, in a process and a loop of its own; `serve` hands clients over with `hand_over`.
    """
    start = prepare(serve, Listener, add_options=add_options)
    host = start.listener
    backend = choose_backend(start.options)
    if in_children is not None:
        import_loop(backend)
        host.forker = Forker(host, partial(_attend, in_children, backend, host, start.service))
    hold_signals()
    run_loop(backend, partial(_serve, serve, host, start.service, start.own, ready=start.announce))
    if host.forker is not None:
        host.forker.close()
    host.remove()


def run_workers(serve: Serve, workers: int) -> None:
    """Serve from the command line in `workers` processes, or as many as `--workers` says, each with a loop of its own."""
    start = prepare(serve, listener.Listener, add_options=partial(add_options, workers=workers))
    backend = choose_backend(start.options)
    import_loop(backend)
    hold_signals()
    start.announce()

    def work(host: listener.Listener, lifeline: socket.socket) -> None:
        _run_child(serve, backend, start.service, Listener.of(host), lifeline)

    keep(start.listener, start.options.workers, work)
    start.listener.remove()


def _run_child(serve: Serve, backend: str, service: Service, host: Listener, lifeline: socket.socket) -> None:
    """In a child: serve in a loop of its own, until the lifeline ends or SIGTERM comes."""
    run_loop(backend, partial(_serve, serve, host, service, {}, lifeline=lifeline))


def _attend(
    converse: Callable[[Peer], Awaitable[None]],
    backend: str,
    host: Listener,
    service: Service,
    descriptor: int,
    lifeline: socket.socket,
) -> None:
    async def serve(own: Listener, service: Service) -> None:
        await converse(own.take_over(descriptor, service))

    _run_child(serve, backend, service, host, lifeline)


def add_options(parser: Parser, workers: int | None = None) -> None:
    """`--backend NAME`, and `--workers N` where there is a default for it."""
    if workers is not None:
        add_workers_option(parser, workers)
    parser.add_argument(OPTION, choices=[*LOOPS], default=next(iter(LOOPS)), help="what anyio runs on (default: %(default)s)")


def choose_backend(options: argparse.Namespace) -> str:
    """The backend that the command line asks for, which must be installed: otherwise exit status 3."""
    backend = str(options.backend)
    if backend != "asyncio":
        require(backend, package=backend)
    return backend


def import_loop(backend: str) -> None:
    """Before children are forked: import what a backend is made of, or each of them would; anyio does so when it first runs."""
    run_loop(backend, anyio.lowlevel.checkpoint)


def run_loop(backend: str, main: Callable[[], Awaitable[None]]) -> None:
    """Run `main()` on a loop of that backend."""
    if backend == "trio":
        anyio.run(main, backend="trio")
    else:
        anyio.run(main, backend="asyncio", backend_options={"use_uvloop": backend == "uvloop"})


async def _serve(
    serve: Serve,
    host: Listener,
    service: Service,
    own: dict[str, Any],
    *,
    ready: Callable[[], None] | None = None,
    lifeline: socket.socket | None = None,
) -> None:
    stopping = STOPPING if lifeline is None else (signal.SIGTERM,)
    with anyio.open_signal_receiver(*stopping) as signals:
        let_signals_pile_up(*stopping)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
        async with anyio.create_task_group() as group:
            group.start_soon(_heed, signals, host)
            if host.forker is None:
                group.start_soon(host.look_after_peers)
            else:  # whose children look after their own
                group.start_soon(_collect, host)
            if lifeline is not None:
                group.start_soon(_end_with, lifeline, host)
            if ready is not None:
                ready()
            await serve(host, service, **own)
            group.cancel_scope.cancel()


async def _heed(signals: AsyncIterator[int], host: Listener) -> None:
    async for number in signals:
        host.heed(number)


async def _end_with(lifeline: socket.socket, host: Listener) -> None:
    await anyio.wait_readable(lifeline)
    host.stop()


async def _collect(host: Listener) -> None:
    assert host.forker is not None
    while True:
        await anyio.wait_readable(host.forker.socket)
        if not host.forker.collect():
            host.stop()
            return
