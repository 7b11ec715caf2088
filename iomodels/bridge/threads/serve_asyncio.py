"""Serving on asyncio with an end: the connections of a Protocol's factory, or of a function of (reader, writer), are known.

`asyncio.Server` of 3.11 and 3.12 cannot say which connections it has, and would leave them open as its loop closes.
"""

import asyncio
import errno
import inspect
import math
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from iomodels.bridge.threads.post import logger

__all__ = ["Connect", "by_protocol", "by_streams", "serve_asyncio"]


# No room for another connection: asyncio's own server waits a second as well (Lib/asyncio/constants.py).
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_LAST_BYTES = 1.0  # seconds
_AT_ONCE = 64  # connections accepted in one turn of the loop


class Connections:
    """The transports that are open, and some that were: those are forgotten when they are half of all."""

    def __init__(self) -> None:
        self._transports: set[asyncio.Transport] = set()
        self._enough = 64

    def add(self, transport: asyncio.Transport) -> None:
        self._transports.add(transport)
        if len(self._transports) > self._enough:
            self._transports = {each for each in self._transports if not each.is_closing()}
            self._enough = 2 * len(self._transports) + 64

    async def close(self) -> None:
        """Close them, after what was written has gone; when for a second nobody takes any of it, what is left is lost."""
        for transport in self._transports:
            transport.close()
        loop = asyncio.get_running_loop()
        least, deadline = math.inf, 0.0
        while writing := [each for each in self._transports if each.get_write_buffer_size()]:
            owed = sum(each.get_write_buffer_size() for each in writing)
            if owed < least:
                least, deadline = owed, loop.time() + _LAST_BYTES
            if loop.time() >= deadline:
                break
            await asyncio.sleep(0.01)
        for transport in writing:
            transport.abort()
        await asyncio.sleep(0)  # connection_lost is called in the next turn


Connect = Callable[[socket.socket, Connections], Awaitable[None]]


def by_protocol(factory: Callable[[], asyncio.BaseProtocol]) -> Connect:
    """Give each connection a Protocol."""

    async def connect(sock: socket.socket, connections: Connections) -> None:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(factory, sock)
        connections.add(transport)

    return connect


def by_streams(handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> Connect:
    """Call a function for each connection; as with `asyncio.start_server`, it closes the writer itself."""

    async def connect(sock: socket.socket, connections: Connections) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock)
        connections.add(transport)
        try:
            result = handler(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
            if inspect.isawaitable(result):
                await result
        except BaseException:
            transport.close()
            raise

    return connect


async def serve_asyncio(connect: Connect, sockets: list[socket.socket]) -> None:
    """Serve until cancelled; then cancel the handlers, and close the connections, after what was written has gone."""
    serving = _Serving(connect)
    try:
        for sock in sockets:
            serving.listen(sock)
        await asyncio.get_running_loop().create_future()
    finally:
        for sock in sockets:
            serving.close(sock)
        with anyio.CancelScope(shield=True):  # under in_thread("anyio") every await would raise again
            await serving.end()


class _Serving:
    """It accepts in a reader's callback: a cancelled `loop.sock_accept` of 3.11 can lose the connection that it took."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._connections = Connections()
        self._handlers: set[asyncio.Task[None]] = set()

    def listen(self, sock: socket.socket) -> None:
        if sock.fileno() != -1:
            self._loop.add_reader(sock, self._accept, sock)

    def close(self, sock: socket.socket) -> None:
        self._loop.remove_reader(sock)
        sock.close()

    async def end(self) -> None:
        await asyncio.sleep(0)  # so that each handler has begun, and closes its connection when it is cancelled
        for task in set(self._handlers):
            task.cancel()
        if self._handlers:
            await asyncio.wait(self._handlers)
        await self._connections.close()

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                logger.warning("%s: accept: %s", sock.getsockname(), error)
                self._loop.remove_reader(sock)
                self._loop.call_later(1, self.listen, sock)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._connected(connection))
            self._handlers.add(task)
            task.add_done_callback(self._handlers.discard)

    async def _connected(self, connection: socket.socket) -> None:
        """A handler's error ends its connection, is logged, and leaves the others alone."""
        try:
            await self._connect(connection, self._connections)
        except asyncio.CancelledError:
            raise
        except BaseException:
            logger.exception("the handler of a connection failed")
