"""The server object behind `bridge.serve`: made as socketserver makes it, then seated on the loop without the program noticing.

A server keeps its class's methods, overrides and attributes. What is replaced is what socketserver does itself, and only
there: its place in the method resolution order is taken by `Seat` (the accept loop, `shutdown`) and `Threads` (where
`process_request` runs), so that a program's own `super().process_request(...)` and `super().serve_forever()` reach them.
"""

import errno
import os
import socket
import socketserver
import types
from collections.abc import Callable
from socketserver import BaseServer, ThreadingMixIn
from time import monotonic
from typing import Any, Protocol

from iomodels.bridge.misuse import Misuse

__all__ = ["Bridge", "Ended", "forks", "refuse_served", "runs_threads", "seat"]

# accept(2): we have run out of something; the client still waits, and trying again at once would spin.
OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Ended(BaseException):
    """Leaves a program's own `while True: self.handle_request()` when serving has ended. No Exception: nothing may keep it."""


class Bridge(Protocol):
    """What a seated server asks of its bridge, in the server's thread unless it says otherwise."""

    def wait(self, timeout: float | None) -> bool:
        """Until a request waits and may be accepted, or `timeout` seconds (False). Raises Ended."""

    def accepted(self, descriptor: int) -> None:
        """A connection was accepted."""

    def got(self, request: Any) -> None:
        """`get_request` has returned `request`."""

    def out_of(self, shortage: OSError) -> None:
        """`get_request` failed for want of descriptors or memory."""

    def launch(self, request: Any, client_address: Any) -> None:
        """Have a worker run the request."""

    def turn_over(self, *, failed: bool) -> None:
        """What has been accepted is dealt with, or in other hands; or a hook has failed, and nobody closes it."""

    def shutdown(self) -> None:
        """Any thread: end serving."""

    def may_close(self) -> bool:
        """Any thread: whether to close the server now."""


class Seat(BaseServer):
    """In place of BaseServer's accept loop: the event loop waits, everything else happens in the server's thread as ever."""

    _served_by: Bridge
    socket: Any

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until the bridge ends. `service_actions` is called after each request and each `poll_interval` seconds."""
        try:
            # A shutdown() that came before the bridge waits for the end of this, as for that of the original; both have no
            # other names.
            if not self._BaseServer__shutdown_request:  # type: ignore[attr-defined]
                self._serve(poll_interval)
        finally:
            self._BaseServer__is_shut_down.set()  # type: ignore[attr-defined]

    def _serve(self, poll_interval: float) -> None:
        every = poll_interval if type(self).service_actions is not BaseServer.service_actions else None
        # In socketserver only handle_request() looks at `timeout`; programs that call it in a loop are served by this one.
        patience = self.timeout if type(self).handle_timeout is not BaseServer.handle_timeout else None
        last = monotonic()
        while True:
            left = None if patience is None else max(0.0, last + patience - monotonic())
            try:
                ready = self._served_by.wait(min((each for each in (every, left) if each is not None), default=None))
            except Ended:
                return
            if ready:
                self._handle_request_noblock()  # type: ignore[attr-defined]  # what get_request, verify_request ... hang on
                last = monotonic()
            elif patience is not None and monotonic() >= last + patience:
                self.handle_timeout()
                last = monotonic()
            self.service_actions()

    def handle_request(self) -> None:
        """One request, or `handle_timeout` after `timeout` seconds. Raises Ended when serving has ended."""
        limits = [each for each in (self.socket.gettimeout() or None, self.timeout) if each is not None]
        if self._served_by.wait(min(limits, default=None)):
            self._handle_request_noblock()  # type: ignore[attr-defined]
        else:
            self.handle_timeout()

    def shutdown(self) -> None:
        """End serving. Waits for the accept loop's end, except where that would be a deadlock: in a handler, on the loop."""
        self._served_by.shutdown()


class Threads(ThreadingMixIn, Seat):
    """In place of ThreadingMixIn's new thread for each request: a worker thread of the loop."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand the request to a worker, which calls `process_request_thread`."""
        self._served_by.launch(request, client_address)


def _decides(cls: type) -> type | None:
    """Which of socketserver's classes decides where requests run: the first of them that `process_request` reaches."""
    forking = getattr(socketserver, "ForkingMixIn", None)  # only where there is os.fork
    return next((each for each in cls.__mro__ if each in (ThreadingMixIn, forking, BaseServer)), None)


def runs_threads(cls: type) -> bool:
    """Whether the server class runs its requests in threads, by ThreadingMixIn."""
    return _decides(cls) is ThreadingMixIn


def forks(cls: type) -> bool:
    """Whether the server class forks for its requests."""
    return _decides(cls) not in (ThreadingMixIn, BaseServer, None)


def refuse_served(server: BaseServer) -> None:
    """Raise Misuse if `server` is, or has been, on a bridge."""
    if hasattr(server, "_served_by"):
        raise Misuse("bridge.serve has had this server already: make another, a server is served once")


def seat(server: BaseServer, bridge: Bridge, *, threads: bool) -> None:
    """Put `server` on the bridge. threads: whether its requests run in workers, or one by one in the server's thread."""
    cls = type(server)

    def get_request(self: Any) -> Any:
        try:
            got = super(seated, self).get_request()
        except OSError as error:
            if error.errno in OUT_OF_RESOURCES:
                bridge.out_of(error)
            raise
        bridge.got(got[0])
        return got

    def handle_request_noblock(self: Any) -> None:
        try:
            super(seated, self)._handle_request_noblock()
        except BaseException:
            bridge.turn_over(failed=True)
            raise
        bridge.turn_over(failed=False)

    def server_close(self: Any) -> None:
        if bridge.may_close():
            super(seated, self).server_close()

    body = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "get_request": get_request,
        "_handle_request_noblock": handle_request_noblock,
        "server_close": server_close,
    }
    seated: Any = types.new_class(cls.__name__, (cls, Threads if threads else Seat), exec_body=lambda space: space.update(body))
    server._served_by = bridge  # type: ignore[attr-defined]
    server.__class__ = seated
    listener = getattr(server, "socket", None)
    if isinstance(listener, socket.socket) and listener.type == socket.SOCK_STREAM:
        _watch(listener, bridge.accepted)


def _watch(listener: socket.socket, accepted: Callable[[int], None]) -> None:
    """Tell `accepted` each descriptor that the listener accepts, before anything is done with it (a TLS handshake, say)."""
    cls: Any = type(listener)

    def accept(self: Any) -> tuple[int, Any]:
        descriptor, address = super(watched, self)._accept()
        if self.gettimeout() == 0:
            os.set_blocking(descriptor, True)  # BSD: it is as the listener is, which is so on our account
        accepted(descriptor)
        return descriptor, address

    watched: Any = type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__, "_accept": accept})
    listener.__class__ = watched
    if listener.gettimeout() is None:
        listener.setblocking(False)  # whoever made it ready may be gone, or another process's (UNP 16.6)
