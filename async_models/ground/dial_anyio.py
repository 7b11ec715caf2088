"""Calling a server on anyio: connecting, a connection for a pool, and the backend that the command line asks for.

With plain sockets: on asyncio a stream of anyio's is a transport, which closes at the first write that fails, and what lies in
the kernel is lost, the server's last words.
"""

import argparse
import errno
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import anyio

from async_models.ground import pooled
from async_models.ground.anyio import add_options, choose_backend, run_loop
from async_models.ground.dial import fill_standard_descriptors, one_line
from async_models.ground.dial_asyncio import plain
from async_models.ground.reaching import connect_any, connect_path
from models.ground.dial import Address, address_of, describe, reaching
from models.ground.program import Parser
from models.ground.terminal import CHUNK

__all__ = ["Connection", "connect", "run"]


class Connection(pooled.Connection[socket.socket]):
    """A line out, a line back."""

    async def _send(self, data: bytes) -> None:
        while data:
            await anyio.wait_writable(self.socket)
            data = data[self.socket.send(data) :]

    async def _receive(self) -> bytes:
        await anyio.wait_readable(self.socket)
        return self.socket.recv(CHUNK)


async def connect(address: Address, timeout: float | None) -> socket.socket:
    """A non-blocking socket, connected within `timeout` seconds (None: for ever). Raises ConnectError."""
    with reaching(address, timeout), anyio.fail_after(timeout):
        if isinstance(address, str):
            return await connect_path(address, anyio.sleep)
        address[0].encode("idna")  # anyio hands ASCII to getaddrinfo unseen
        return await connect_any(await anyio.getaddrinfo(*address, type=socket.SOCK_STREAM), _connect)


async def _connect(connection: socket.socket, address: Any) -> None:
    error = connection.connect_ex(address)
    if error == errno.EINPROGRESS:
        await anyio.wait_writable(connection)
        error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def run(main: Callable[[argparse.Namespace], Coroutine[Any, Any, None]], parser: Parser) -> None:
    """Run `main(options)` on the backend that `--backend` says. Whatever fails costs one line."""
    add_options(parser)
    options = parser.parse()
    backend = choose_backend(options)
    fill_standard_descriptors()

    async def start() -> None:
        if backend == "trio":
            from async_models.ground.dial_trio import heed_interrupt
        else:
            from async_models.ground.dial_asyncio import heed_interrupt
        await heed_interrupt(main(options))

    with one_line(describe(address_of(options)), plain):
        run_loop(backend, start)
