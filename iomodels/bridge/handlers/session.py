"""One `bridge.serve` from its start to its end: the server's own thread, and the task that sees to it that everything ends."""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseServer
from typing import Any

import anyio
import anyio.from_thread
from anyio.abc import TaskStatus

from iomodels.bridge.handlers import making
from iomodels.bridge.handlers.accepting import Accepting
from iomodels.bridge.handlers.server import Ended, forks, refuse_served, runs_threads, seat
from iomodels.bridge.handlers.workers import Workers, here
from iomodels.bridge.misuse import Misuse

__all__ = ["Session"]

LAST = 0.5  # seconds for handlers to notice that their connections were shut down wholly

log = logging.getLogger("iomodels.bridge")


class Session:
    """make: makes the server; limit, grace: as `serve` has them."""

    def __init__(self, make: Callable[[], BaseServer], limit: Any, grace: float) -> None:
        self._make = make
        self._grace = grace
        self._workers = Workers(limit)
        self._accepting = Accepting(self._workers)
        self._claimed = threading.Lock()
        self._opened, self._ending, self._over = anyio.Event(), anyio.Event(), anyio.Event()
        self._closes_early = False
        self._draining = False  # the server's thread waits for the requests' end
        self._left = False  # nobody waits for the server's thread
        self._error: BaseException | None = None

    async def run(self, task_status: TaskStatus[Any]) -> None:
        """Serve until cancelled, shut down or failed."""
        try:
            async with self._workers.tasks as tasks:
                tasks.start_soon(self._workers.attend, self._main, self._no_thread)
                try:
                    await self._opened.wait()
                    if self._accepting.server is not None and self._error is None:
                        task_status.started(self._accepting.server.server_address)
                    await self._ending.wait()
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._end()
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            raise group.exceptions[0] from None  # Ctrl-C, say, which trio gives to the task that happens to run
        finally:
            if self._error is not None:
                try:
                    raise self._error
                finally:
                    self._error = None

    async def _end(self) -> None:
        """Readers see the end of input; after the grace everything is shut; after a moment more, what runs on is left alone."""
        try:
            self._accepting.stop_here()
            await self._over_within(self._grace)
            if not self._over.is_set():
                self._shut()
                await self._over_within(LAST)
        finally:
            if not self._over.is_set():
                self._shut()
            left = self._accepting.wires.abandon()
        if self._draining:
            await self._over_within(LAST)
        self._left = not self._over.is_set()
        self._workers.unreserve()
        if left or self._left:
            log.warning(
                "handlers that still run %.1f s after they were to end, and are left alone: %d "
                "(anyio.from_thread.check_cancelled() would have told them)",
                self._grace + LAST,
                left or 1,
            )

    async def _over_within(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._over.wait()

    def _shut(self) -> None:
        """Nobody reads or writes any more. In handlers that run on, anyio.from_thread.check_cancelled raises."""
        self._accepting.wires.shutdown(socket.SHUT_RDWR)
        listener = self._listener()
        if listener is not None:
            if listener.type != socket.SOCK_STREAM:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)  # wakes a recvfrom
            listener.close()
        self._accepting.no_more.set()
        self._workers.let_go()

    def _listener(self) -> socket.socket | None:
        listener = getattr(self._accepting.server, "socket", None)
        return listener if isinstance(listener, socket.socket) else None

    def _no_thread(self, error: BaseException) -> None:
        if self._claimed.acquire(blocking=False):
            self._error = error if isinstance(error, Exception) else None
            self._is_over()

    def _is_ending(self) -> None:
        self._ending.set()
        self._opened.set()

    def _is_over(self) -> None:
        self._is_ending()
        self._over.set()

    # In the server's thread.

    def _main(self) -> None:
        if not self._claimed.acquire(blocking=False):
            return
        here.owner = self._accepting
        self._accepting.thread = threading.get_ident()
        try:
            self._open()
            self._accepting.server.serve_forever()
        except (Ended, self._accepting.cancelled):
            pass
        except BaseException as error:
            self._error = error
        try:
            self._close()
        except BaseException as error:
            self._error = self._error or error
        finally:
            del here.owner
            self._post(self._is_over)

    def _open(self) -> None:
        server = self._make()
        refuse_served(server)
        self._accepting.server = server
        kind = type(server)
        if forks(kind):
            raise Misuse(making.FORKS)
        threads = runs_threads(kind) or not self._workers.one
        self._accepting.one = not threads
        # A server_close of the program's own may ask the socket its name, so it finds it open.
        self._closes_early = kind.server_close.__module__ in ("socketserver", making.__name__)
        seat(server, self._accepting, threads=threads)
        self._post(self._opened.set)

    def _close(self) -> None:
        """As a program does after serve_forever: wait for the requests' end, and close the server."""
        accepting = self._accepting
        if accepting.server is None:
            return
        listener = self._listener()
        if self._closes_early and listener is not None and listener.type == socket.SOCK_STREAM:
            listener.close()  # whoever comes now is refused, not kept waiting
        accepting.no_more.set()
        self._post(self._is_ending)
        self._draining = True
        accepting.wires.wait()
        accepting.closing = True
        accepting.server.server_close()

    def _post(self, function: Callable[[], None]) -> None:
        if not self._left:
            with suppress(anyio.RunFinishedError):
                anyio.from_thread.run_sync(function)
