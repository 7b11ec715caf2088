"""Which server `bridge.serve` makes: the program's own class, its own object, or a threading server for the kind of address."""

import inspect
import os
import socket
import socketserver
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from socketserver import BaseServer
from typing import Any, TypeAlias

from iomodels.bridge.handlers.server import forks, refuse_served
from iomodels.bridge.misuse import Misuse

__all__ = ["FORKS", "Address", "Handler", "Server", "SocketAddress", "maker"]

SocketAddress: TypeAlias = "tuple[Any, ...] | str | bytes"
Address: TypeAlias = "tuple[Any, ...] | str | bytes | os.PathLike[str] | socket.socket | None"
Handler: TypeAlias = "Callable[[Any, Any, Any], Any] | None"
Server: TypeAlias = "BaseServer | Callable[..., BaseServer] | None"

FORKS = (
    "a forking server forks, and in a program with threads and a loop the child may find a lock held for ever: "
    "give server= the Threading class of its name, or run it in a process of its own"
)


class _Stream(socketserver.ThreadingTCPServer):
    allow_reuse_address = True  # a restart need not wait until TIME_WAIT is over (UNP 7.5)
    request_queue_size = 1024  # clients that may wait unaccepted; the kernel caps it at net.core.somaxconn (listen(2))


class _Datagram(socketserver.ThreadingUDPServer):
    pass


class _AtPath:
    """A Unix socket's file: one that a dead server left is replaced, and our own is removed at the end."""

    server_address: Any
    socket: Any
    _file: tuple[int, int] | None = None

    def server_bind(self) -> None:
        path = self.server_address
        if not _abstract(path) and _identity(path) and not _answers(path, self.socket.type):
            Path(os.fsdecode(path)).unlink()
        super().server_bind()  # type: ignore[misc]
        if not _abstract(path):
            self._file = _identity(path)

    def server_close(self) -> None:
        super().server_close()  # type: ignore[misc]
        if self._file is not None and _identity(self.server_address) == self._file:
            Path(os.fsdecode(self.server_address)).unlink()


class _PathStream(_AtPath, _Stream):
    address_family = socket.AF_UNIX


class _PathDatagram(_AtPath, _Datagram):
    address_family = socket.AF_UNIX


class _Given:
    """A socket that came bound, and perhaps listening: the server's own `server_bind` may still run, for what else it does."""

    __slots__ = ()

    def bind(self, address: Any) -> None:
        pass

    def listen(self, backlog: int = 0) -> None:
        if not self.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):  # type: ignore[attr-defined]
            super().listen(backlog)  # type: ignore[misc]


def maker(handler: Handler, address: Address, server: Server) -> Callable[[], BaseServer]:
    """What makes the server, in the thread that will be its own. Raises Misuse, TypeError."""
    _check(handler, server)
    if isinstance(address, os.PathLike):
        address = os.fspath(address)
    if isinstance(server, BaseServer):
        return partial(_ready, server, handler, address)
    if handler is None or address is None:
        raise TypeError("bridge.serve needs a handler class and an address, unless server= is a server object, which has both")
    if isinstance(address, socket.socket):
        return partial(_given, server or _kind(handler, address.getsockname(), address.type, address.family), handler, address)
    make = server or _kind(handler, address)
    return lambda: make(address, handler)


def _check(handler: Handler, server: Server) -> None:
    if isinstance(handler, type) and issubclass(handler, BaseServer):
        raise Misuse(f"{handler.__name__} is a server, not a handler: give serve the handler class, and this as server=")
    if handler is not None and not callable(handler):
        raise TypeError(f"a handler class is needed, not {handler!r}")
    if inspect.iscoroutinefunction(getattr(_bare(handler), "handle", None)):
        raise Misuse("an `async def handle` is never awaited by a thread: make it `def handle`, or serve it as async code")
    if isinstance(server, type):
        if not issubclass(server, BaseServer):
            raise TypeError(f"server= is a class of socketserver's kind, not {server!r}")
        if forks(server):
            raise Misuse(FORKS)
    elif isinstance(server, BaseServer):
        refuse_served(server)
        if forks(type(server)):
            raise Misuse(FORKS)
    elif server is not None and not callable(server):
        raise TypeError(f"server= is a server class, a server, or what makes one, not {server!r}")


def _bare(handler: Any) -> Any:
    return handler.func if isinstance(handler, partial) else handler


def _kind(handler: Any, address: Any, kind: int | None = None, family: int | None = None) -> type[BaseServer]:
    """The server class for an address, or for a socket's address, kind and family."""
    bare = _bare(handler)
    datagrams = isinstance(bare, type) and issubclass(bare, socketserver.DatagramRequestHandler)
    if kind is not None:
        datagrams = kind == socket.SOCK_DGRAM
    if family is None and isinstance(address, (str, bytes)):
        return _PathDatagram if datagrams else _PathStream
    base: Any = _Datagram if datagrams else _Stream
    if family is None:
        family = socket.AF_INET6 if ":" in (address[0] or "") else socket.AF_INET
    return base if family == base.address_family else type(base.__name__, (base,), {"address_family": family})


def _ready(server: BaseServer, handler: Handler, address: Address) -> BaseServer:
    """A server object, bound and listening: one that was made with bind_and_activate=False is not yet."""
    if handler is not None:
        server.RequestHandlerClass = handler
    listener = getattr(server, "socket", None)
    if not isinstance(listener, socket.socket):
        return server
    if not _bound(listener):
        if address is not None:
            server.server_address = address  # type: ignore[assignment]
        server.server_bind()  # type: ignore[attr-defined]
    elif address is not None and address not in (server.server_address, listener):
        raise Misuse(f"the server given is bound to {server.server_address!r} already: leave the address out")
    if listener.type == socket.SOCK_STREAM and not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        server.server_activate()
    return server


def _given(make: Callable[..., Any], handler: Handler, listener: socket.socket) -> BaseServer:
    """A server on a socket that exists."""
    cls: Any = type(listener)
    listener.__class__ = type(cls.__name__, (_Given, cls), {"__slots__": (), "__module__": cls.__module__})
    server = make(listener.getsockname(), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    try:
        server.server_bind()
        server.server_activate()
    except BaseException:
        server.server_close()
        raise
    return server  # type: ignore[no-any-return]


def _bound(sock: socket.socket) -> bool:
    name = sock.getsockname()
    return bool(name[1]) if isinstance(name, tuple) else bool(name)


def _abstract(path: Any) -> bool:
    return not path or os.fsencode(path).startswith(b"\0")


def _identity(path: Any) -> tuple[int, int] | None:
    """What file a path names, if it is a socket."""
    try:
        found = Path(os.fsdecode(path)).stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISSOCK(found.st_mode) else None


def _answers(path: Any, kind: int) -> bool:
    """Whether a server listens at the path. Raises no error: where it cannot be told, bind says why."""
    with socket.socket(socket.AF_UNIX, kind) as caller:
        caller.setblocking(False)  # a full backlog is a live server's
        try:
            caller.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            pass
        return True
