"""What the asyncio models share: accepting, attending to one client, stopping. The rest is `models.ground`'s, as it is.

Stopping is cancellation. A signal cancels whatever stands within `listener.accepting()`; then, one by one, those conversations
that wait for input and have none coming. Each of them takes that for the end of input and says its last words, until the grace
is over. In asyncio a cancellation is an event: who has seen it may go on awaiting, and nothing need be shielded. It is sent
through `asyncio.timeout`, which takes back what it has asked for (Task.uncancel), where a caught CancelledError would not.
"""

import asyncio
import selectors
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Protocol

from async_models.asyncio import LOOPS, OPTION
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
    "Listener",
    "Peer",
    "add_options",
    "let_signals_pile_up",
    "loop_factory",
    "readable",
    "run",
    "run_loop",
    "run_workers",
]

NewLoop = Callable[[], asyncio.AbstractEventLoop]
Serve = Callable[..., Coroutine[Any, Any, None]]


class HasDescriptor(Protocol):
    """A poller, a socket."""

    def fileno(self) -> int: ...


class Peer(rounds.Peer):
    """One client.

    connection: the plain non-blocking socket; the transport's, from when it has one.
    transport: set by whoever has made one of the connection.
    """

    __slots__ = ("_protocol", "_scope", "transport")

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: asyncio.Timeout | None = None
        self._protocol: asyncio.BaseProtocol | None = None
        self.transport: asyncio.WriteTransport | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Streams to read and reply with. Whatever fails within costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        try:
            reader, writer = await asyncio.open_connection(sock=self.connection)
            self.attach(writer.transport)
            try:
                async with asyncio.timeout(None) as scope:
                    self._scope = scope
                    yield reader, writer
            except TimeoutError:
                if not scope.expired():
                    raise
                await self._say_last_words(writer)
            writer.close()
            await writer.wait_closed()
        except OSError as error:
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            self.close()

    async def connect(self, protocol_factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Give it a transport and a protocol, which calls `attach` when it is made and `leave` when the connection is lost."""
        loop = asyncio.get_running_loop()
        try:
            # As connect_accepted_socket, which rloop has not.
            _, self._protocol = await loop.create_connection(protocol_factory, sock=self.connection)
        except OSError as error:
            self.leave(error)

    def attach(self, transport: asyncio.WriteTransport) -> None:
        """From here on it is reached through `transport`."""
        self.transport = transport
        # asyncio's own asks for 256 KiB at each recv; as the heap happens to lie, glibc maps and unmaps as much each time
        # (mallopt(3), M_MMAP_THRESHOLD; cpython#85451), and a request costs two to four times as much.
        if hasattr(transport, "max_size"):
            transport.max_size = CHUNK

    def leave(self, error: Exception | None) -> None:
        """The connection has been lost, or closed without an error."""
        if error is not None:
            self.lose(error if isinstance(error, OSError) else ConnectionError(str(error)))
        self.close()

    def hang_up(self) -> None:
        """End its waiting for input: by cancellation, by a call back, or, of a plain socket, through the kernel."""
        if isinstance(self._protocol, asyncio.Protocol | asyncio.BufferedProtocol):
            self._protocol.eof_received()
        elif self._scope is None:
            super().hang_up()
        elif not self.conversation.unsent and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    def cut_off(self) -> None:
        """End it now: its last words too, if it is at those."""
        if self.transport is not None:
            self.transport.abort()  # whoever waits for it is told
        else:
            self.sever()

    def half_close(self) -> None:
        if self.transport is None:
            super().half_close()
        else:
            self.transport.write_eof()  # once its buffer has gone

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()  # nothing, if it is closed already
        super().close()

    async def _say_last_words(self, writer: asyncio.StreamWriter) -> None:
        self.take(b"")
        while unsent := self.conversation.unsent:
            writer.write(unsent)
            await writer.drain()
            self.sent(len(unsent))


class Listener(rounds.Listener):
    """A listener for asyncio."""

    peer_type = Peer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setblocking(False)
        self._accepting_scopes: set[asyncio.Timeout] = set()
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._stopped = asyncio.Event()

    async def arrival(self, service: Service) -> Peer | None:
        """The next client; None after the stop. Neither spins nor dies when descriptors run out. Many tasks may call it."""
        async with self._turn:  # a loop keeps one callback a descriptor: a second waiter would make the first one deaf
            if not self.open:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as scope:
                    self._accepting_scopes.add(scope)
                    try:
                        return await self._next_client(service)
                    finally:
                        self._accepting_scopes.remove(scope)
        return None

    def accept(self, service: Service) -> Peer | None:
        newcomer = super().accept(service)
        assert newcomer is None or isinstance(newcomer, Peer)
        return newcomer

    async def vacated(self) -> None:
        """Wait until the last client has left."""
        while self.peers:
            self._room.clear()
            await self._room.wait()

    async def hand_over(self, peer: Peer) -> None:
        """Give the client to a child of its own."""
        assert self.forker is not None
        await _writable(self.forker.socket)
        self.forker.hand_over(peer)

    def take_over(self, descriptor: int, service: Service) -> Peer:
        """The client behind a descriptor that was handed to this process."""
        newcomer = self.adopt(descriptor, service)
        assert isinstance(newcomer, Peer)
        return newcomer

    def forget(self, peer: peer.Peer) -> None:
        super().forget(peer)
        self._room.set()

    def wake(self) -> None:
        for scope in self._accepting_scopes:
            scope.reschedule(asyncio.get_running_loop().time())
        self._stopped.set()

    async def look_after_peers(self) -> None:
        """Hang up on those whose time is over, as long as it runs."""
        look = rounds.Rounds(self)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(look.interval):
                    await (self._stopped.wait() if self.open else asyncio.Event().wait())
            look.make()

    async def _next_client(self, service: Service) -> Peer:
        while True:
            while not self.wanted:
                self._room.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.patience):
                        await self._room.wait()
            await readable(self.socket)
            newcomer = self.accept(service)
            if newcomer is not None:
                return newcomer


async def readable(source: HasDescriptor) -> None:
    """Wait until there is something to read."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(source.fileno(), event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(source.fileno())


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_writer(sock.fileno(), event.set)
    try:
        await event.wait()
    finally:
        loop.remove_writer(sock.fileno())


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
