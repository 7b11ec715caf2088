"""Connections to the server, and what is said when there can be none."""

import errno
import socket

from iomodels.load.spec import LimitError, LoadError, Spec

__all__ = ["PATIENCE", "Address", "UnreachableError", "begin", "complain", "connect", "resolve"]

PATIENCE = 10.0  # seconds without a single reply, after which the server counts as stuck
Address = tuple[int, object]  # its family, and what connect() takes


def resolve(spec: Spec) -> Address:
    """Where `spec` goes. Raises LoadError."""
    try:
        family, _, _, _, where = socket.getaddrinfo(spec.host, spec.port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UnreachableError(f"no host is called {spec.host}: {error.strerror}") from None
    return family, where


class UnreachableError(LoadError):
    """There is no server where one should be."""


def complain(spec: Spec, number: int) -> LoadError:
    """What to say about connect(), which failed with this errno."""
    if number == errno.ECONNREFUSED:
        return UnreachableError(f"nothing is listening on {spec.where}")
    if number == errno.EADDRNOTAVAIL:
        return LimitError(
            "no local port is left for another connection: "
            "`sudo sysctl net.ipv4.ip_local_port_range='1024 65535'` makes them more"
        )
    return UnreachableError(f"cannot connect to {spec.where}: {errno.errorcode.get(number, str(number))}")


def begin(spec: Spec, address: Address) -> socket.socket:
    """A connection that is being made: it can be written to when it is, or cannot be. Raises LoadError."""
    family, where = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number = connection.connect_ex(where)  # type: ignore[arg-type]  # what getaddrinfo() gave
    if number not in (0, errno.EINPROGRESS):
        connection.close()
        raise complain(spec, number)
    return connection


def connect(spec: Spec, address: Address) -> socket.socket:
    """A connection, made, that waits at most PATIENCE for anything. Raises LoadError."""
    family, where = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(where)  # type: ignore[arg-type]  # what getaddrinfo() gave
    except TimeoutError:
        connection.close()
        raise UnreachableError(f"{spec.where} took no connection in {PATIENCE:.0f} s") from None
    except OSError as error:
        connection.close()
        raise complain(spec, error.errno or 0) from None
    return connection
