"""What the trio models share: accepting, attending to one client, stopping. The rest is `models.ground`'s, as it is.

Stopping is cancellation. A signal cancels whatever stands within `listener.accepting()`; then, one by one, those conversations
that wait for input and have none coming. Each of them takes that for the end of input and says its last words, shielded from
further cancellation until the grace is over. A reply under way is never cancelled: how much of it has gone would be unknown.
"""

import math
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import trio

from async_models.ground import rounds
from async_models.ground.rounds import let_signals_pile_up
from async_models.ground.workers import Forker, add_workers_option, keep
from models.ground import listener, peer
from models.ground.conversation import Service
from models.ground.peer import CHUNK, POLLIN, POLLOUT
from models.ground.processes import HELD
from models.ground.program import prepare
from models.ground.watch import STOPPING, hold_signals

__all__ = ["CHUNK", "POLLIN", "POLLOUT", "Arrivals", "Listener", "Peer", "let_signals_pile_up", "run", "run_workers"]

Serve = Callable[..., Awaitable[None]]


class Peer(rounds.Peer, trio.abc.AsyncResource):
    """One client. Its `connection` is the plain non-blocking socket; a model wraps it as its way of waiting demands."""

    __slots__ = ("_scope",)

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: trio.CancelScope | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[None]:
        """Within, read and reply; whatever fails there costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        try:
            with trio.CancelScope() as self._scope:
                yield
            if self._scope.cancelled_caught:
                await self._say_last_words()
        except trio.BrokenResourceError as error:
            self.lose(error.__cause__ if isinstance(error.__cause__, OSError) else ConnectionError(str(error)))
        except OSError as error:
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            self.close()

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

    async def aclose(self) -> None:
        """Close it; `attended` has done so already."""
        self.close()
        await trio.lowlevel.checkpoint()

    async def _say_last_words(self) -> None:
        with trio.CancelScope(shield=True, deadline=self._listener.cut_off_at) as self._scope:
            self.take(b"")
            while self.reply() & POLLOUT:
                await trio.lowlevel.wait_writable(self.connection)


class Listener(rounds.Listener):
    """A listener for trio.

    cut_off_at: when the grace is over, by trio's clock.
    """

    peer_type = Peer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setblocking(False)
        self.cut_off_at = math.inf
        self._accepting_scopes: set[trio.CancelScope] = set()
        self._room = trio.Event()
        self._stopped = trio.Event()

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """What stands within is cancelled by the first signal."""
        with trio.CancelScope() as scope:
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
                self._room = trio.Event()
                with trio.move_on_after(math.inf if self.patience is None else self.patience):
                    await self._room.wait()
            await trio.lowlevel.wait_readable(self.socket)
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
        await trio.lowlevel.wait_writable(self.forker.socket)
        self.forker.hand_over(peer)

    async def vacated(self) -> None:
        """Wait until the last client has left."""
        while self.peers:
            self._room = trio.Event()
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
        self.cut_off_at = trio.current_time() + self.grace
        for scope in self._accepting_scopes:
            scope.cancel()
        self._stopped.set()

    async def look_after_peers(self) -> None:
        """Hang up on those whose time is over, as long as it runs."""
        look = rounds.Rounds(self)
        while True:
            with trio.move_on_after(look.interval):
                await (self._stopped.wait() if self.open else trio.sleep_forever())
            look.make()


class Arrivals(trio.abc.Listener[Peer]):
    """The clients of a listener, for `trio.serve_listeners`. Its own TCP listener knows no limit."""

    def __init__(self, host: Listener, service: Service) -> None:
        self._host = host
        self._service = service

    async def accept(self) -> Peer:
        return await self._host.next_client(self._service)

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


def run(serve: Serve, *, in_children: Callable[[Peer], Awaitable[None]] | None = None) -> None:
    """Serve from the command line, until a signal stops it.

    serve: `serve(listener, service, *, own_option=default)`.
    in_children: attends to one client, in a process and a loop of its own; `serve` hands clients over with `hand_over`.
    """
    start = prepare(serve, Listener)
    host = start.listener
    if in_children is not None:
        host.forker = Forker(host, partial(_attend, in_children, host, start.service))
    hold_signals()
    trio.run(partial(_serve, serve, host, start.service, start.own, ready=start.announce))
    if host.forker is not None:
        host.forker.close()
    host.remove()


def run_workers(serve: Serve, workers: int) -> None:
    """Serve from the command line in `workers` processes, or as many as `--workers` says, each with a loop of its own."""
    start = prepare(serve, listener.Listener, add_options=partial(add_workers_option, default=workers))
    hold_signals()
    start.announce()

    def work(host: listener.Listener, lifeline: socket.socket) -> None:
        _run_child(serve, start.service, Listener.of(host), lifeline)

    keep(start.listener, start.options.workers, work)
    start.listener.remove()


def _run_child(serve: Serve, service: Service, host: Listener, lifeline: socket.socket) -> None:
    """In a child: serve in a loop of its own, until the lifeline ends or SIGTERM comes."""
    trio.run(partial(_serve, serve, host, service, {}, lifeline=lifeline))


def _attend(
    converse: Callable[[Peer], Awaitable[None]], host: Listener, service: Service, descriptor: int, lifeline: socket.socket
) -> None:
    async def serve(own: Listener, service: Service) -> None:
        await converse(own.take_over(descriptor, service))

    _run_child(serve, service, host, lifeline)


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
    with trio.open_signal_receiver(*stopping) as signals:
        let_signals_pile_up(*stopping)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
        async with trio.open_nursery() as group:
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
    await trio.lowlevel.wait_readable(lifeline)
    host.stop()


async def _collect(host: Listener) -> None:
    assert host.forker is not None
    while True:
        await trio.lowlevel.wait_readable(host.forker.socket)
        if not host.forker.collect():
            host.stop()
            return
