"""What the programs that call a server share on asyncio, trio and anyio, and need none of the three for.

Their outside is that of `models.ground.dial`: the same options, the same sentences, the same exit statuses. Where tasks fail in
groups (ExceptionGroup), the user is told the first reason.
"""

import argparse
import os
import selectors
import signal
import socket
import sys
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from models.ground import dial, terminal
from models.ground.dial import Pooled, S, address_of, client_parser, describe, pool_parser, refuse_oneself, to_send
from models.ground.program import program_name
from models.ground.terminal import CHUNK

__all__ = [
    "CHUNK",
    "Connection",
    "Idle",
    "Terminal",
    "client_parser",
    "connect_any",
    "connect_path",
    "farewell",
    "fill_standard_descriptors",
    "one_line",
    "pool_parser",
    "to_send",
    "without_address",
]

NAP = 0.02  # seconds between two attempts to find room in the backlog of a Unix socket


class Connection(Pooled[S]):
    """A line out, a line back, awaited. Whoever asks brings the timeout; after a cancellation it is not `whole`."""

    async def ask(self, line: bytes) -> bytes:
        """Send a line, return the one that comes back."""
        self.whole = False
        await self._send(line)
        reply = bytearray()
        while b"\n" not in reply:
            data = await self._receive()
            if not data:
                raise ConnectionResetError("it ended before its reply did")
            reply += data
        self.whole = reply.index(b"\n") == len(reply) - 1
        return bytes(reply)

    @abstractmethod
    async def _send(self, data: bytes) -> None: ...

    @abstractmethod
    async def _receive(self) -> bytes: ...


C = TypeVar("C", bound=Pooled[Any])


class Idle(Generic[C]):
    """The connections of a pool that nobody has borrowed. All is done in a moment: nobody else runs in between."""

    def __init__(self, longest: float) -> None:
        """longest: the seconds after which an unused one is closed."""
        self._longest = longest
        self._connections: list[tuple[C, float]] = []  # with the time of the last use
        self._closed = False

    def take(self) -> C | None:
        """The freshest that is fit to be used."""
        self._sweep()
        return self._connections.pop()[0] if self._connections else None

    def put(self, connection: C) -> None:
        """Keep one that comes back, if it may be lent again."""
        self._connections.append((connection, time.monotonic()))
        self._sweep()

    def close(self) -> None:
        """Close them all, and each that comes back."""
        self._closed = True
        self._sweep()

    def _sweep(self) -> None:
        connections, self._connections = self._connections, []
        for connection, used in connections:
            old = time.monotonic() - used > self._longest
            if connection.whole and connection.is_quiet() and not old and not self._closed:
                self._connections.append((connection, used))
            else:
                connection.close()


async def connect_any(
    targets: Iterable[tuple[Any, ...]], connect: Callable[[socket.socket, Any], Awaitable[None]]
) -> socket.socket:
    """A connection to the first that answers of what getaddrinfo has found; or the last error, as socket.create_connection."""
    failure = OSError("it has no address")
    for family, kind, protocol, _, address in targets:
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as error:  # this machine does not know the family
            failure = error
            continue
        try:
            connection.setblocking(False)
            await connect(connection, address)
            refuse_oneself(connection)
            return connection
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:  # cancelled
            connection.close()
            raise
    raise failure


def without_address(error: OSError) -> OSError:
    """The error of a connect in the kernel's words; asyncio and trio add the address, which the user's line names already."""
    return OSError(error.errno, os.strerror(error.errno or 0))


async def connect_path(path: str, sleep: Callable[[float], Awaitable[None]]) -> socket.socket:
    """A connection to a Unix socket.

    When its backlog is full, a connect that does not block fails (EAGAIN, connect(2)), and nothing tells when there is room; so
    ask again. asyncio and trio take it for success, and the first use fails; anyio on asyncio asks without a pause.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        while True:
            try:
                connection.connect(path)
                return connection
            except BlockingIOError:
                await sleep(NAP)
    except BaseException:
        connection.close()
        raise


class Terminal(terminal.Terminal):
    """The user's side.

    poller: what a loop is to wait for instead of the keyboard. A loop may make non-blocking what it is given (uvloop does), and
    a terminal is one open file to us, to standard output and to the shell; a poller is our own. And a regular file is always
    ready, but epoll refuses it (EPERM, epoll_ctl(2)): a pipe that has ended takes its place.
    """

    def __init__(self, *, typing: bool) -> None:
        super().__init__(typing=typing)
        self._interrupted = False
        self.poller = selectors.DefaultSelector()
        if self.keyboard is not None:
            try:
                self.poller.register(self.keyboard, selectors.EVENT_READ)
            except PermissionError:
                ended, writer = os.pipe()
                os.close(writer)
                self.poller.register(ended, selectors.EVENT_READ)

    def show(self, data: bytes) -> None:
        if not self._interrupted:
            super().show(data)

    def _write(self, data: bytes) -> None:
        """While the output is full the loop stands still, and hears of no Ctrl-C. So it ends the write, and then the loop is
        told, which ends a turn or two later: until then nothing more is shown."""
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # Ctrl-C is ignored
            super()._write(data)
            return
        writing, interrupted = True, False

        def interrupt(*_: object) -> None:
            nonlocal writing, interrupted
            interrupted = self._interrupted = True
            if writing:
                writing = False  # the next one is noted only: nothing is to interrupt the way back
                raise KeyboardInterrupt

        try:
            signal.signal(signal.SIGINT, interrupt)
            super()._write(data)
            writing = False
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGINT, handler)
        if interrupted:
            signal.raise_signal(signal.SIGINT)


def farewell(terminal: Terminal, options: argparse.Namespace) -> None:
    """Tell a person who was not done yet that the server has ended."""
    if terminal.interactive and terminal.keyboard is not None:
        print(f"{program_name()}: {describe(address_of(options))} has ended the conversation", file=sys.stderr)


def fill_standard_descriptors() -> None:
    """Before a loop begins: one that was closed from the start is /dev/null. libuv ends a process that gives it 0, 1 or 2."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


@contextmanager
def one_line(where: str, plain: Callable[[BaseException], BaseException] = lambda error: error) -> Iterator[None]:
    """As `models.ground.dial.one_line`, for what comes out of a group of tasks.

    plain: what a library's own exception means, in those of Python.
    """
    with dial.one_line(where):
        try:
            yield
        except BaseException as error:
            reason = plain(_first(error))
            if isinstance(reason, TimeoutError) and not reason.args:  # a scope's, which says no more
                reason = TimeoutError("timed out")
            raise reason from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        interrupt, _ = error.split(KeyboardInterrupt)
        error = (interrupt or error).exceptions[0]
    return error
