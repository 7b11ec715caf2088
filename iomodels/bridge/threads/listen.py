"""Listening sockets for a server in a loop's thread, made in the thread that asks: errors of address are raised there."""

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Address", "closer", "listen"]

Address = tuple[str | None, int] | str | os.PathLike[str] | socket.socket


def listen(address: Address, backlog: int = 128) -> list[socket.socket]:
    """Sockets that listen at `address`, all at one port. Raises OSError.

    address: (host, port), a host that is None or "" meaning every interface, a port of 0 any free one; the path of a UNIX
    socket, whose file must not exist; or a socket, that listens or is bound.
    """
    if isinstance(address, socket.socket):
        address.listen(backlog)
        address.setblocking(False)
        return [address]
    if isinstance(address, str | os.PathLike):
        return [_bound(socket.AF_UNIX, os.fspath(address), backlog)]
    host, port = address
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, _, _, _, where in dict.fromkeys(found):
            if port == 0 and sockets:
                where = (where[0], sockets[0].getsockname()[1], *where[2:])
            sockets.append(opened.enter_context(_bound(family, where, backlog)))
        opened.pop_all()
    return sockets


def _bound(family: int, where: Any, backlog: int) -> socket.socket:
    with contextlib.ExitStack() as opened:
        sock = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(backlog)
        sock.setblocking(False)
        opened.pop_all()
    return sock


def closer(address: Address, sockets: list[socket.socket]) -> Callable[[], None]:
    """A function that closes these sockets, which `listen` made for `address`, and removes the file of a UNIX socket.

    Called again it does nothing: the path may be another server's by then, and its file have the number of the old one.
    """
    closing = contextlib.ExitStack()
    if isinstance(address, str | os.PathLike):
        closing.callback(_remove, Path(address), Path(address).stat().st_ino)
    for sock in sockets:
        closing.callback(sock.close)
    return closing.close


def _remove(path: Path, inode: int) -> None:
    try:
        if path.stat().st_ino == inode:  # not one that has been put in its place
            path.unlink()
    except FileNotFoundError:
        pass
