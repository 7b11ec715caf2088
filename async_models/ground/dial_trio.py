"""Calling a server on trio: connecting, a connection for a pool, and trio's exceptions in the words of Python's."""

import argparse
import math
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import trio

from async_models.ground import pooled
from async_models.ground.dial import one_line
from async_models.ground.reaching import connect_path, without_address
from async_models.ground.signals import let_signals_pile_up
from models.ground.dial import Address, address_of, describe, reaching, refuse_oneself
from models.ground.program import Parser
from models.ground.terminal import CHUNK

__all__ = ["Connection", "connect", "heed_interrupt", "run", "seconds"]


class Connection(pooled.Connection[trio.socket.SocketType]):
    """A line out, a line back."""

    def __init__(self, stream: trio.SocketStream) -> None:
        super().__init__(stream.socket)
        self._stream = stream

    async def _send(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def _receive(self) -> bytes:
        return await self._stream.receive_some(CHUNK)


def seconds(timeout: float | None) -> float:
    """A timeout as trio takes it."""
    return math.inf if timeout is None else timeout


async def connect(address: Address, timeout: float | None) -> trio.SocketStream:
    """A stream, connected within `timeout` seconds (None: for ever). Raises ConnectError."""
    with reaching(address, timeout):
        try:
            with trio.fail_after(seconds(timeout)):
                if isinstance(address, str):
                    return trio.SocketStream(trio.socket.from_stdlib_socket(await connect_path(address, trio.sleep)))
                address[0].encode("idna")  # trio hands ASCII to getaddrinfo unseen
                stream = await trio.open_tcp_stream(*address)
        except trio.TooSlowError:
            raise TimeoutError from None
        except OSError as error:  # "all attempts to connect failed" has those of all the addresses for its cause
            last = error.__cause__.exceptions[-1] if isinstance(error.__cause__, ExceptionGroup) else None
            raise without_address(last) if isinstance(last, OSError) else error from None
        refuse_oneself(stream.socket)
        return stream


def run(main: Callable[[argparse.Namespace], Coroutine[Any, Any, None]], parser: Parser) -> None:
    """Run `main(options)`. Whatever fails costs one line."""
    options = parser.parse()
    with one_line(describe(address_of(options)), _plain):
        trio.run(heed_interrupt, main(options))


async def heed_interrupt(main: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C cancels it, from a task of its own.

    trio would raise KeyboardInterrupt in the midst of whichever task runs; under load it then lost count of its tasks once in
    some hundred times (TrioInternalError), or did not end (0.35 on Python 3.11).
    """
    interrupted = False

    async def wait() -> None:
        nonlocal interrupted
        await anext(signals)
        interrupted = True
        nursery.cancel_scope.cancel()

    if not callable(signal.getsignal(signal.SIGINT)):  # it is ignored, as in a background job
        await main
        return
    with trio.open_signal_receiver(signal.SIGINT) as signals:
        let_signals_pile_up(signal.SIGINT)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await main
            nursery.cancel_scope.cancel()
    if interrupted:
        raise KeyboardInterrupt


def _plain(error: BaseException) -> BaseException:
    if isinstance(error, trio.TooSlowError):
        return TimeoutError()
    if isinstance(error, trio.BrokenResourceError) and error.__cause__ is not None:
        return error.__cause__
    return error
