"""Calling a server on trio: connecting, a connection for a pool, and trio's exceptions in the words of Python's."""

import argparse
import math
from collections.abc import Awaitable, Callable

import trio

from async_models.ground import dial
from async_models.ground.dial import CHUNK, connect_path, one_line, without_address
from models.ground.dial import Address, address_of, describe, reaching, refuse_oneself
from models.ground.program import Parser

__all__ = ["Connection", "connect", "run", "seconds"]


class Connection(dial.Connection[trio.socket.SocketType]):
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


def run(main: Callable[[argparse.Namespace], Awaitable[None]], parser: Parser) -> None:
    """Run `main(options)`. Whatever fails costs one line."""
    options = parser.parse()
    with one_line(describe(address_of(options)), _plain):
        trio.run(main, options)


def _plain(error: BaseException) -> BaseException:
    if isinstance(error, trio.TooSlowError):
        return TimeoutError()
    if isinstance(error, trio.BrokenResourceError) and error.__cause__ is not None:
        return error.__cause__
    return error
