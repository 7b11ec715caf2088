"""What the anyio models share: accepting, attending to one client, stopping. The rest is `models.ground`'s, as it is.

Stopping is cancellation. A signal cancels whatever stands within `listener.accepting()`; then, one by one, those conversations
that wait for input and have none coming. Each of them takes that for the end of input and says its last words, shielded from
further cancellation until the grace is over. A reply under way is never cancelled: how much of it has gone would be unknown.
"""

import argparse
import math
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import anyio
from anyio.abc import ByteStream, SocketStream, TaskGroup, UNIXSocketStream

from async_models.anyio import LOOPS, OPTION
from async_models.ground import rounds
from async_models.ground.rounds import let_signals_pile_up
from async_models.ground.workers import Forker, add_workers_option, keep
from models.ground import listener, peer
from models.ground.conversation import Service
from models.ground.peer import CHUNK, POLLIN, POLLOUT
from models.ground.processes import HELD
from models.ground.program import Parser, prepare, require
from models.ground.watch import STOPPING, hold_signals

__all__ = [
    "CHUNK",
    "POLLIN",
    "POLLOUT",
    "Arrivals",
    "Listener",
    "Peer",
    "add_options",
    "choose_backend",
    "let_signals_pile_up",
    "run",
    "run_loop",
    "run_workers",
]

Serve = Callable[..., Awaitable[None]]


class Peer(rounds.Peer):
    """One client. Its `connection` is the plain non-blocking socket, until `stream` hands it to the backend."""

    __slots__ = ("_scope", "_stream")

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: anyio.CancelScope | None = None
        self._stream: ByteStream | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[None]:
        """Within, read and reply; whatever fails there costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        try:
            with anyio.CancelScope() as self._scope:
                yield
            if self._scope.cancelled_caught:
                await self._say_last_words()
        except anyio.BrokenResourceError as error:
            self.lose(error.__cause__ if isinstance(error.__cause__, OSError) else ConnectionError("the connection broke"))
        except OSError as error:
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            if self._stream is not None:
                await anyio.aclose_forcefully(self._stream)
            self.close()

    async def stream(self) -> ByteStream:
        """The connection as a byte stream.

        Receive from it in the same task, and await nothing before. On asyncio a stream reads from its socket from the moment it
        is made, wanted or not, and stops doing so when its first `receive` returns; anyio's own listener, which passes it to
        another task, lets a client that never reads fill the memory (tests/upstream).
        """
        kind = SocketStream if self._listener.path is None else UNIXSocketStream
        try:
            self._stream = await kind.from_socket(self.connection)
        except ValueError as error:  # it asks for the peer's address, and there is none any more
            raise ConnectionError("it has gone already") from error
        return self._stream

    def hang_up(self) -> None:
        """Cancel its waiting for input; one without a task of its own sees the end of input from the kernel."""
        if self._scope is None:
            super().hang_up()
        elif not self.conversation.unsent:
            self._scope.cancel()

    def cut_off(self) -> None:
        """End it now: its last words too, if it is at those."""
        if self._scope is None:
            self.sever()
        else:
            self._scope.cancel()

    async def _say_last_words(self) -> None:
        with anyio.CancelScope(shield=True, deadline=self._listener.cut_off_at) as self._scope:
            self.take(b"")
            if self._stream is None:
                while self.reply() & POLLOUT:
                    await anyio.wait_writable(self.connection)
            else:
                while unsent := self.conversation.unsent:
                    await self._stream.send(unsent)
                    self.sent(len(unsent))


class Listener(rounds.Listener):
    """A listener for anyio.

    cut_off_at: when the grace is over, by the backend's clock.
    """

    peer_type = Peer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setblocking(False)
        self.cut_off_at = math.inf
        self._accepting_scopes: set[anyio.CancelScope] = set()
        self._room = anyio.Event()
        self._stopped = anyio.Event()

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """What stands within is cancelled by the first signal."""
        with anyio.CancelScope() as scope:
            self._accepting_scopes.add(scope)
            try:
                if not self.open:
                    scope.cancel()
                yield
            finally:
                self._accepting_scopes.remove(scope)

    async def next_client(self, service: Service) -> Peer:
        """Wait until there is room for a client and one comes. Neither spins nor dies when descriptors run out."""
        while True:
            while not self.wanted:
                self._room = anyio.Event()
                with anyio.move_on_after(self.patience):
                    await self._room.wait()
            await anyio.wait_readable(self.socket)
            newcomer = self.accept(service)
            if newcomer is not None:
                return newcomer

    async def arrival(self, service: Service) -> Peer | None:
        """The next client; None after the stop."""
        with self.accepting():
            return await self.next_client(service)
        return None

    def accept(self, service: Service) -> Peer | None:
        newcomer = super().accept(service)
        assert newcomer is None or isinstance(newcomer, Peer)
        return newcomer

    async def hand_over(self, peer: Peer) -> None:
        """Give the client to a child of its own."""
        assert self.forker is not None
        await anyio.wait_writable(self.forker.socket)
        self.forker.hand_over(peer)

    async def vacated(self) -> None:
        """Wait until the last client has left."""
        while self.peers:
            self._room = anyio.Event()
            await self._room.wait()

    def forget(self, peer: peer.Peer) -> None:
        super().forget(peer)
        self._room.set()

    def take_over(self, descriptor: int, service: Service) -> Peer:
        """The client behind a descriptor that was handed to this process."""
        newcomer = self.adopt(descriptor, service)
        assert isinstance(newcomer, Peer)
        return newcomer

    def wake(self) -> None:
        self.cut_off_at = anyio.current_time() + self.grace
        for scope in self._accepting_scopes:
            scope.cancel()
        self._stopped.set()

    async def look_after_peers(self) -> None:
        """Hang up on those whose time is over, as long as it runs."""
        look = rounds.Rounds(self)
        while True:
            with anyio.move_on_after(look.interval):
                await (self._stopped.wait() if self.open else anyio.sleep_forever())
            look.make()


class Arrivals(anyio.abc.Listener[Peer]):
    """The clients of a listener, as anyio serves them. Its own TCP listener knows no limit, and ends at EMFILE."""

    def __init__(self, host: Listener, service: Service) -> None:
        self._host = host
        self._service = service

    async def serve(self, handler: Callable[[Peer], Any], task_group: TaskGroup | None = None) -> None:
        assert task_group is not None, "handlers outlive the accepting, so their task group is the caller's"
        while True:
            task_group.start_soon(handler, await self._host.next_client(self._service))

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()


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
