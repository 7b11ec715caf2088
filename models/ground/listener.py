"""Listening and accepting: opening the socket, the clients it has, and what happens when there is room for no more.

What `serve(listener, service)` owes, in every model:

- accept with `listener.accept(service)` until it returns None; the peer it returns is closed with `peer.close()`, always;
- wait for the listener only while `listener.wanted` says so, and no longer than `listener.patience` seconds;
- return when `listener.open` is false and the last peer is closed. Nothing else is needed to stop: see `watch.py`.
"""

import errno
import logging
import os
import socket
import stat
import threading
import time
from contextlib import suppress
from typing import Any, ClassVar, Self

from models.ground.conversation import Service
from models.ground.peer import POLLIN, Peer

__all__ = ["BACKLOG", "GRACE", "Listener", "describe"]

BACKLOG = 1024  # clients that may wait unaccepted; the kernel caps it at net.core.somaxconn (listen(2))
GRACE = 5.0  # seconds that conversations have to end in after the first signal
RETRY = 1.0  # seconds after which accepting is tried again although no descriptor of ours came free

# accept(2): these mean that we have run out of something, not that the client is at fault.
OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# accept(2): the client is gone already, or its network is; the next one may be well.
CLIENT_GONE = {
    errno.ECONNABORTED,
    errno.EPERM,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EOPNOTSUPP,
}

log = logging.getLogger("models")


class Listener:
    """A listening socket with its clients.

    socket: the listening socket, blocking until `setblocking(False)`.
    backlog: how many clients may wait unaccepted.
    path: its file, when it is a Unix socket.
    limit: how many clients it serves at once, or None; the surplus waits in the backlog.
    grace: seconds that conversations have to end in after the first signal.
    peers: the clients that it has.
    open: false from the first signal on.
    """

    peer_type: ClassVar[type[Peer]] = Peer

    def __init__(self, sock: socket.socket, backlog: int = BACKLOG, path: str | None = None) -> None:
        self.socket = sock
        self.backlog = backlog
        self.path = path
        self.limit: int | None = None
        self.grace = GRACE
        self.peers: set[Peer] = set()
        self.open = True
        self._accepting = 0
        self._paused_until = 0.0
        # Guards what the watch thread and the threads of a model share, and is notified when a descriptor comes free. A socket
        # is closed under it as well, so that the watch can never shut down a descriptor that has a new owner.
        self.freed = threading.Condition(threading.RLock())

    @classmethod
    def at_address(cls, host: str, port: int, backlog: int = BACKLOG, *, reuse_port: bool = False) -> Self:
        """Listen on `host` (a name, an IPv4 or an IPv6 address) and `port` (0 picks a free one). Raises OSError."""
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        sock = socket.socket(family, kind, protocol)
        # Without SO_REUSEADDR a restart would have to wait until TIME_WAIT is over (UNP 7.5).
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return cls._listen(sock, address, backlog)

    @classmethod
    def at_path(cls, path: str, backlog: int = BACKLOG) -> Self:
        """Listen on a Unix socket. A file that a dead server left is replaced, a live server's is not. Raises OSError."""
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.stat(path).st_mode) and not _answers(path):
                os.unlink(path)
        return cls._listen(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path, backlog, path)

    @classmethod
    def _listen(cls, sock: socket.socket, address: Any, backlog: int, path: str | None = None) -> Self:
        try:
            sock.bind(address)
            sock.listen(backlog)
        except OSError:
            sock.close()
            raise
        return cls(sock, backlog, path)

    @property
    def name(self) -> str:
        """HOST:PORT, [HOST]:PORT for IPv6, or the path of a Unix socket."""
        return describe(self.socket.getsockname())

    def fileno(self) -> int:
        """The descriptor, as select and selectors ask for it."""
        return self.socket.fileno()

    @property
    def reuse_port(self) -> bool:
        """Whether others may listen on the same port (SO_REUSEPORT)."""
        return bool(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))

    def setblocking(self, blocking: bool) -> None:
        """Whether `accept`, and every call on a connection accepted from here on, may sleep."""
        self.socket.setblocking(blocking)

    @property
    def wanted(self) -> int:
        """What to wait for on the listener: POLLIN, or 0 while there is no room and after the stop."""
        return POLLIN if self.open and self._has_room() else 0

    @property
    def patience(self) -> float | None:
        """How long to wait at most, in seconds: until accepting is tried again, or for ever (None)."""
        return max(0.0, self._paused_until - time.monotonic()) if self._paused_until else None

    def accept(self, service: Service) -> Peer | None:
        """The next client. A blocking listener sleeps for one; None is its end. Another's None: no more for now."""
        patient = self.socket.getblocking()
        while self._reserve(patient):
            try:
                connection, address = self.socket.accept()
            except BlockingIOError:  # whoever made the listener ready has gone again (UNP 16.6)
                self._release()
                return None
            except OSError as error:
                self._release()
                if not self.open or error.errno == errno.EINVAL:  # shut down: by us, or by the parent whose listener it is
                    self.open = False
                    return None
                if error.errno in OUT_OF_RESOURCES:
                    self.pause(error)
                elif error.errno not in CLIENT_GONE:
                    raise
            else:
                return self.admit(connection, describe(address), service)
        return None

    def admit(self, connection: socket.socket, address: str, service: Service) -> Peer:
        """Make a peer of a connection that was accepted."""
        connection.setblocking(self.socket.getblocking())
        if self.path is None:
            # A reply is written whole; Nagle's algorithm would only hold its last segment back (RFC 896).
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = self.peer_type(self, connection, address, service)
        with self.freed:
            self._release()
            self.peers.add(peer)
            if not self.open:  # the stop came between accept and here
                peer.hang_up()
        return peer

    def adopt(self, descriptor: int, service: Service) -> Peer:
        """Make a peer of a descriptor that the kernel has accepted on its own (io_uring)."""
        connection = socket.socket(self.socket.family, self.socket.type, self.socket.proto, fileno=descriptor)
        try:
            address = describe(connection.getpeername())
        except OSError:  # it has gone already, as reading will tell
            address = "?"
        with self.freed:
            self._accepting += 1
        return self.admit(connection, address, service)

    def forget(self, peer: Peer) -> None:
        """Close the peer's connection; there is room for another."""
        with self.freed:
            self.peers.discard(peer)
            peer.connection.close()
            self._paused_until = 0.0
            self.freed.notify()

    def pause(self, error: OSError) -> None:
        """Accept no more until a descriptor comes free, or RETRY seconds have passed: neither dying nor spinning."""
        with self.freed:
            if not self._paused_until:
                log.warning("accepting pauses with %d clients: %s", len(self.peers), error.strerror)
            self._paused_until = time.monotonic() + RETRY

    def stop(self) -> None:
        """Accept no more. Whoever waits on the listener wakes: accept fails with EINVAL, a poller sees it ready."""
        with self.freed:
            self.open = False
            self.freed.notify_all()
            try:
                self.socket.shutdown(socket.SHUT_RD)
            except OSError:  # not Linux, where a listener is not connected and cannot be shut down: come as a last client
                with suppress(OSError), socket.socket(self.socket.family) as caller:
                    caller.settimeout(RETRY)
                    caller.connect(self.socket.getsockname())

    def twin(self) -> Self:
        """Another listener on the same address, with a queue of its own: SO_REUSEPORT shares the clients out (socket(7))."""
        twin = self._listen(_socket(self.socket.family, reuse_port=True), self.socket.getsockname(), self.backlog)
        twin.limit, twin.grace = self.limit, self.grace
        return twin

    def close(self) -> None:
        """Close this process's copy of the listening socket."""
        self.socket.close()

    def leave_to_parent(self, peer: Peer) -> None:
        """In a child that serves `peer` alone: the listening socket and all other clients are the parent's."""
        self.close()
        self.peers = {peer}
        peer.be_patient()

    def remove(self) -> None:
        """Close the listening socket for good, its file too where it has one."""
        self.close()
        self.unlink()

    def unlink(self) -> None:
        """Remove the file of a Unix socket."""
        if self.path is not None:
            with suppress(FileNotFoundError):
                os.unlink(self.path)

    def _has_room(self) -> bool:
        if self._paused_until and time.monotonic() >= self._paused_until:
            self._paused_until = 0.0
        return not self._paused_until and (self.limit is None or len(self.peers) + self._accepting < self.limit)

    def _reserve(self, patient: bool) -> bool:
        """Take a place for the client to come, waiting for one where that is allowed; False when there is none."""
        with self.freed:
            while self.open and not self._has_room():
                if not patient:
                    return False
                self.freed.wait(self.patience)
            self._accepting += self.open
            return self.open

    def _release(self) -> None:
        with self.freed:
            self._accepting -= 1
            self.freed.notify()


def _socket(family: int, *, reuse_port: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    # Without SO_REUSEADDR a restart would have to wait until TIME_WAIT is over (UNP 7.5).
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return sock


def describe(address: object) -> str:
    """A socket address as people write it."""
    if isinstance(address, tuple):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return os.fsdecode(address) if isinstance(address, (str, bytes)) else str(address)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(RETRY)
        return caller.connect_ex(path) not in (errno.ECONNREFUSED, errno.ENOENT)
