"""Wait for one of N connections: opened when needed, kept, looked at before each use, and lent to one task at a time.

Good for: many short requests to one server. Each saves a handshake (TLS, login), and N bounds what the server has to bear.
Costs: a look for each request; task N+1 waits, and must not wait for ever. No lock: between two `await` nobody else runs.
Traps: a request that is cancelled, by its timeout or with its nursery, leaves a reply on the way: its connection must not be
lent again. What closes it must not await: in a cancelled scope every checkpoint raises. And a token of a CapacityLimiter
belongs to the task, which may not take another: who borrows two connections needs `acquire_on_behalf_of`.

A literal counterpart of models/client_pool.py: a CapacityLimiter for the semaphore, `fail_after` for the timeout of the
socket. On asyncio: a Semaphore and `asyncio.timeout`. On anyio: a CapacityLimiter.
"""

import argparse
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from async_models.ground.dial_trio import Connection, connect, run, seconds
from async_models.ground.pooled import Idle
from models.ground.dial import IDLE, TIMEOUT, Address, address_of, pool_parser


class Pool(AbstractAsyncContextManager["Pool"]):
    """At most `size` connections. Waiting for a free one, or to be connected, takes at most `timeout` seconds (None: for
    ever)."""

    def __init__(self, address: Address, size: int, timeout: float | None = TIMEOUT, idle: float = IDLE) -> None:
        self.opened = 0
        self._address, self._size, self._timeout = address, size, timeout
        self._free = trio.CapacityLimiter(size)
        self._idle = Idle[Connection](idle)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """Lend a connection; afterwards it is kept, or closed. Raises TimeoutError when none comes free, and ConnectError."""
        # wait
        borrower = object()
        with trio.move_on_after(seconds(self._timeout)) as scope:
            await self._free.acquire_on_behalf_of(borrower)
        if scope.cancelled_caught:
            raise TimeoutError(f"none of {self._size} connections came free within {self._timeout:g} s")
        try:
            kept = self._idle.take()
            # connect
            connection = kept or Connection(await connect(self._address, self._timeout))
            self.opened += connection is not kept
            try:
                yield connection
            finally:
                self._idle.put(connection)
        finally:
            self._free.release_on_behalf_of(borrower)

    def close(self) -> None:
        """Close the idle ones now, and the others when they come back."""
        # close
        self._idle.close()

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def work(pool: Pool, numbers: Iterator[int], timeout: float | None) -> None:
    for number in numbers:
        line = b"request %d\n" % number
        async with pool.acquire() as connection:
            with trio.fail_after(seconds(timeout)):
                reply = await connection.ask(line)
        if reply != line.upper():
            raise ConnectionError(f"the reply to {line!r} is {reply!r}: the service has to be upper or lines")


async def request_all(options: argparse.Namespace) -> None:
    numbers = iter(range(options.requests))
    async with Pool(address_of(options), options.size, options.timeout) as pool, trio.open_nursery() as nursery:
        for _ in range(options.threads):
            nursery.start_soon(work, pool, numbers, options.timeout)
    print(f"{options.requests} requests over {pool.opened} connection{'s' if pool.opened > 1 else ''}")


if __name__ == "__main__":
    run(request_all, pool_parser())
