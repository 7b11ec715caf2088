"""Calling a server on asyncio: connecting, a connection for a pool, and the event loop that the command line asks for.

With plain sockets: a transport closes at the first write that fails, and what lies in the kernel is lost, the server's last
words; and a StreamReader reads ahead, so that the kernel cannot tell any more whether something has come unasked.
"""

import argparse
import asyncio
import os
import re
import selectors
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from async_models.ground import pooled
from async_models.ground.asyncio import add_options, loop_factory, readable, run_loop
from async_models.ground.dial import fill_standard_descriptors, one_line
from async_models.ground.reaching import connect_any, connect_path, without_address
from models.ground.dial import Address, address_of, describe, reaching
from models.ground.program import Parser
from models.ground.terminal import CHUNK

__all__ = ["Connection", "connect", "heed_interrupt", "plain", "readable", "run"]


class Connection(pooled.Connection[socket.socket]):
    """A line out, a line back."""

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def _receive(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, CHUNK)


async def connect(address: Address, timeout: float | None) -> socket.socket:
    """A non-blocking socket, connected within `timeout` seconds (None: for ever). Raises ConnectError."""
    with reaching(address, timeout):
        async with asyncio.timeout(timeout):
            if isinstance(address, str):
                return await connect_path(address, asyncio.sleep)
            targets = await asyncio.get_running_loop().getaddrinfo(*address, type=socket.SOCK_STREAM)
            return await connect_any(targets, _connect)


async def _connect(connection: socket.socket, address: Any) -> None:
    try:
        await asyncio.get_running_loop().sock_connect(connection, address)
    except OSError as error:
        raise without_address(error) from error


def run(main: Callable[[argparse.Namespace], Coroutine[Any, Any, None]], parser: Parser) -> None:
    """Run `main(options)` on the loop that `--loop` says. Whatever fails costs one line."""
    add_options(parser)
    options = parser.parse()
    new_loop = loop_factory(options.loop, selectors.DefaultSelector)
    fill_standard_descriptors()
    with one_line(describe(address_of(options)), plain):
        run_loop(new_loop, heed_interrupt(main(options)))


async def heed_interrupt(main: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C cancels it between two callbacks. asyncio.Runner would in the midst of one, which may be about to set the very
    future that is cancelled (InvalidStateError, on standard error)."""
    task = asyncio.current_task()
    if task is not None and callable(signal.getsignal(signal.SIGINT)):  # it is not ignored, as in a background job
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    await main


def plain(error: BaseException) -> BaseException:
    """Ctrl-C is a cancellation; and rloop's errors have their number in the text alone."""
    if isinstance(error, asyncio.CancelledError):
        return KeyboardInterrupt()
    number = re.search(r"\(os error (\d+)\)$", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else error
