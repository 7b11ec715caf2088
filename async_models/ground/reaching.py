"""Connecting without blocking where a library has no way of its own, or its own is not what the user is promised."""

import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from models.ground.dial import refuse_oneself

__all__ = ["connect_any", "connect_path", "without_address"]

NAP = 0.02  # seconds between two attempts to find room in the backlog of a Unix socket


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
