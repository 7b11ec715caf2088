"""What the tests of asyncore's bridge share: a dispatcher whose wishes are attributes, and waits with a bound."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from iomodels.bridge import asyncore
from tests.iomodels.bridge.asyncore_libraries import Run

__all__ = ["LONG", "PATIENCE", "Channel", "pair", "rests", "running"]

PATIENCE = 10.0  # seconds: no test takes as long, unless it hangs
LONG = 600.0  # seconds of a turn that something other than its end must end
Dispatcher: Any = asyncore.dispatcher


class Channel(Dispatcher):  # type: ignore[misc]  # asyncore has no types
    """A dispatcher whose wishes are attributes, and which counts how often it is asked."""

    def __init__(self, sock: socket.socket, channels: dict[int, Any], reads: bool = True, writes: bool = False) -> None:
        super().__init__(sock, channels)
        self.reads, self.writes = reads, writes
        self.asked = self.written = 0
        self.got = b""

    def readable(self) -> bool:
        self.asked += 1
        return self.reads

    def writable(self) -> bool:
        return self.writes

    def handle_read(self) -> None:
        self.got += self.recv(65536)

    def handle_write(self) -> None:
        self.written += 1
        self.writes = False

    def handle_close(self) -> None:
        self.close()


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def running(run: Run, main: Callable[[], Awaitable[Any]]) -> Any:
    async def bounded() -> Any:
        with anyio.fail_after(PATIENCE):
            return await main()

    return run(bounded)


async def rests(asked: Channel, turns: int) -> None:
    """Until the loop has asked so often, and waits: no other task can run before it does."""
    while asked.asked < turns:
        await anyio.lowlevel.checkpoint()
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
