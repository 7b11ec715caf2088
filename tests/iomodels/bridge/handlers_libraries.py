"""What the tests of `bridge.serve` share: a handler served on each library's loop in a thread; the test is its client."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from iomodels.bridge.handlers import serve

__all__ = ["LOOPS", "SECONDS", "Served", "client", "eventually", "exchange", "on_each_loop", "received", "serving"]

SECONDS = 10.0  # the bound of every wait
ANYWHERE = ("127.0.0.1", 0)


def _uvloop(function: Callable[[], Any]) -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(function())


def _trio(function: Callable[[], Any]) -> None:
    pytest.importorskip("trio").run(function)


LOOPS: dict[str, Callable[[Callable[[], Any]], None]] = {
    "asyncio.run": lambda function: asyncio.run(function()),
    "trio.run": _trio,
    "anyio.run-asyncio": partial(anyio.run, backend="asyncio"),
    "anyio.run-trio": partial(anyio.run, backend="trio"),
    "uvloop": _uvloop,
}

on_each_loop = pytest.mark.parametrize("loop", LOOPS)


class Served:
    """A server that runs. address: what it said when it was ready; error: what ended it, if anything did."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._serve = partial(serve, *arguments, **options)
        self._ready = threading.Event()
        self._over = threading.Event()
        self.address: Any = None
        self.error: BaseException | None = None
        self.token: Any = None
        self.scope: Any = None

    async def _main(self) -> None:
        self.token = anyio.lowlevel.current_token()
        with anyio.CancelScope() as self.scope:
            try:
                # Bare, not in a task group: what serve raises is what a caller sees.
                await self._serve(task_status=self)
            except BaseException as error:
                if not isinstance(error, anyio.get_cancelled_exc_class()):
                    self.error = error
                else:
                    raise

    def started(self, value: Any = None) -> None:
        """As TaskStatus."""
        self.address = value
        self._ready.set()

    def run(self, loop: str) -> None:
        """The thread."""
        try:
            LOOPS[loop](self._main)
        finally:
            self._over.set()
            self._ready.set()

    def ready(self) -> None:
        """Wait until it serves, or has failed."""
        assert self._ready.wait(SECONDS)
        if self.error is not None:
            raise self.error

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """In the loop's thread."""
        return anyio.from_thread.run_sync(function, *arguments, token=self.token)

    def cancel(self) -> None:
        """Cancel the scope that serve is in."""
        self.call(self.scope.cancel)

    def over(self, seconds: float = SECONDS) -> None:
        """Wait for its end; raise what ended it."""
        assert self._over.wait(seconds), "serve does not end"
        if self.error is not None:
            raise self.error

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()


@contextlib.contextmanager
def serving(loop: str, handler: Any = None, address: Any = ANYWHERE, **options: Any) -> Iterator[Served]:
    """Serve in a thread, and cancel in the end."""
    served = Served(handler, address, **options)
    thread = threading.Thread(target=served.run, args=[loop], daemon=True)
    thread.start()
    try:
        served.ready()
        yield served
    finally:
        with contextlib.suppress(anyio.RunFinishedError):
            if not served.is_over:
                served.cancel()
        thread.join(SECONDS)
    assert not thread.is_alive(), "the loop does not end"
    served.over()


def client(address: Any) -> socket.socket:
    """A connection whose every wait is bounded."""
    if isinstance(address, tuple):
        return socket.create_connection(address[:2], SECONDS)
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(SECONDS)
    caller.connect(address)
    return caller


def received(caller: socket.socket) -> bytes:
    """All that comes until the end."""
    pieces = []
    while piece := caller.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def exchange(address: Any, sent: bytes) -> bytes:
    """Connect, send, half-close, and read to the end."""
    with client(address) as caller:
        caller.sendall(sent)
        caller.shutdown(socket.SHUT_WR)
        return received(caller)


def eventually(event: threading.Event) -> None:
    """Wait for an event of the server's."""
    assert event.wait(SECONDS)
