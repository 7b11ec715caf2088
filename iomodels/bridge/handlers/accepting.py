"""The accept loop of a bridged server, in two threads: the event loop waits, the server's thread does what the server does."""

import concurrent.futures
import logging
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel

from iomodels.bridge.handlers.server import Ended
from iomodels.bridge.handlers.wires import Wire, Wires
from iomodels.bridge.handlers.workers import Request, Workers, here
from iomodels.bridge.misuse import WrongThread

__all__ = ["Accepting"]

RETRY = 0.5  # seconds after which accepting is tried again, out of descriptors and none of ours having come free

log = logging.getLogger("iomodels.bridge")


class Accepting:
    """A `Bridge`, made in the loop.

    server: set by the server's thread once there is one; thread: that thread's identifier.
    one: whether requests run one by one, in the server's thread.
    no_more: set when the accept loop has ended.
    closing: whether `server_close` is to close the server.
    """

    def __init__(self, workers: Workers) -> None:
        self.server: Any = None
        self.thread: int | None = None
        self.one = False
        self.workers = workers
        self.wires = Wires()
        self.stopping = False
        self.no_more = threading.Event()
        self.closing = False
        self._closed = False
        self._turn: list[Wire] = []  # what has been accepted and is in no other hands yet
        self._waiting: anyio.CancelScope | None = None
        self._shortage: OSError | None = None
        self._token = anyio.lowlevel.current_token()
        self._loop_thread = threading.get_ident()
        self.cancelled = anyio.get_cancelled_exc_class()

    # In the loop.

    def stop_here(self) -> None:
        """Accept no more, and let everybody who reads see the end of input: what has arrived already is still read."""
        self.stopping = True
        if self._waiting is not None:
            self._waiting.cancel()
        self.wires.shutdown(socket.SHUT_RD)

    async def _wait(self, timeout: float | None) -> bool:
        self.workers.unreserve()
        try:
            with anyio.CancelScope() as self._waiting, anyio.move_on_after(timeout):
                if self.stopping:
                    return False
                if self._shortage is not None:
                    await self._pause(self._shortage)
                await anyio.wait_readable(self.server)
                if not self.one:
                    await self.workers.reserve()
                return True
        except self.cancelled:  # not by us: the loop is being torn down, or we are left alone
            self.stop_here()
        finally:
            self._waiting = None
        return False

    async def _pause(self, shortage: OSError) -> None:
        log.warning("accepting pauses: %s", shortage.strerror)
        self.workers.freed = anyio.Event()
        with anyio.move_on_after(RETRY):
            await self.workers.freed.wait()
        self._shortage = None

    # In the server's thread.

    def wait(self, timeout: float | None) -> bool:
        """Until a request waits and there is room for it, or `timeout` seconds passed (False). Raises Ended, WrongThread."""
        if threading.get_ident() != self.thread:
            raise WrongThread("bridge.serve runs this server: leave serve_forever and handle_request to it")
        try:
            ready = not self.stopping and anyio.from_thread.run(self._wait, timeout, token=self._token)
        except (concurrent.futures.CancelledError, self.cancelled, anyio.RunFinishedError):  # the loop is gone
            raise Ended from None
        if self.stopping:
            raise Ended
        return ready

    def accepted(self, descriptor: int | None) -> None:
        """A connection, or a request without one, is this turn's."""
        self._turn.append(self.wires.add(descriptor))

    def got(self, request: Any) -> None:
        """The turn's request is there. Where the listener tells nothing, the request is asked for its descriptor."""
        if not self._turn:
            self.accepted(request.fileno() if hasattr(request, "fileno") else None)
        self._turn[-1].request = request

    def out_of(self, shortage: OSError) -> None:
        """The next turn comes when something is free again."""
        self._shortage = shortage

    def launch(self, request: Any, client_address: Any) -> None:
        """Have a worker run the request; wait for a place, if the server has not come here by `wait`."""
        turn, self._turn = self._turn, []
        ended = partial(self.wires.release, *turn)
        job = Request(self.server, request, client_address, owner=self, ended=ended, cancelled=self.cancelled)
        try:
            anyio.from_thread.run(self.workers.launch, job, token=self._token)
        except BaseException:
            self._turn = turn
            raise

    def turn_over(self, *, failed: bool) -> None:
        """What is still the turn's is over, or in the program's own hands. failed: a hook has failed, and nobody closes it."""
        turn, self._turn = self._turn, []
        if failed:
            for wire in turn:
                wire.close()
        self.wires.release(*turn)

    # In any thread.

    def stop(self) -> None:
        """Accept no more; does not wait."""
        if threading.get_ident() == self._loop_thread:
            self.stop_here()
        else:
            with suppress(anyio.RunFinishedError):
                anyio.from_thread.run_sync(self.stop_here, token=self._token)

    def shutdown(self) -> None:
        """Accept no more; wait for the accept loop's end where that cannot wait for us."""
        self.stop()
        if threading.get_ident() != self._loop_thread and getattr(here, "owner", None) is not self:
            self.no_more.wait()

    def may_close(self) -> bool:
        """Whether the server is to be closed now: once, at the end, when the loop waits for its descriptor no more."""
        if not self.closing:
            self.stop()
            return False
        first, self._closed = not self._closed, True
        return first
